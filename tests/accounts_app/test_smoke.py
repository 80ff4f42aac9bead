def test_sign_in_page(client, editor):
    r = client.get("/sign-in/")
    assert r.status_code == 200
    r = client.post("/sign-in/", {"email": "ADA@example.org", "password": "correct horse battery"})
    assert r.status_code == 302, r.content
    r = client.get("/account/")
    assert r.status_code == 200
    r = client.post("/account/keys/", {"name": "x"})
    assert b"dna_" in r.content
    r = client.get("/api/v1/auth/me"); print(r.json())
    r = client.get("/api/v1/openapi.json"); assert r.status_code == 200
