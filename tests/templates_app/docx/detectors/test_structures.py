"""Content controls, form fields, properties, prompts and computed fields: places that Word itself marks."""

from __future__ import annotations

from templates_app.docx.detectors.computed import find_computed
from templates_app.docx.detectors.controls import find_controls, property_key
from templates_app.docx.detectors.form_fields import find_form_fields
from templates_app.docx.detectors.images import find_images
from templates_app.docx.detectors.prompts import find_prompts
from templates_app.docx.detectors.properties import find_properties
from templates_app.docx.model import FieldType

from ..build import cell, paragraph, run
from ..understanding import complex_field, control, findings, form_data, grid, layout_of, spans

PLACEHOLDER = "<w:showingPlcHdr/>"


def test_a_control_inside_a_paragraph() -> None:
    inside = control(run("Click here"), f'<w:alias w:val="Client name"/><w:tag w:val="client"/>{PLACEHOLDER}<w:text/>')
    (found,) = findings(find_controls, f"<w:p>{run('For ')}{inside}{run('.')}</w:p>")
    assert (found.label, found.anchors[0].start, found.anchors[0].end) == ("Client name", 4, 14)


def test_a_control_around_a_paragraph_and_around_a_cell() -> None:
    around = control(paragraph("[Street]"), f"{PLACEHOLDER}<w:text/>")
    row = f"<w:tbl><w:tr>{cell(paragraph('City'))}{control(cell(paragraph('Linz')), '<w:text/>')}</w:tr></w:tbl>"
    assert spans(find_controls, around + row) == ["[Street]", "Linz"]


def test_kinds_of_controls() -> None:
    items = (
        '<w:dropDownList><w:listItem w:displayText="Choose" w:value=""/><w:listItem w:value="A"/>'
        '<w:listItem w:displayText="Bee" w:value="B"/></w:dropDownList>'
    )
    date = '<w:date><w:dateFormat w:val="d.M.yyyy"/></w:date>'
    body = "".join(f"<w:p>{control(run('x'), kind)}</w:p>" for kind in (items, date, "<w:picture/>"))
    found = findings(find_controls, body)
    assert [f.type for f in found] == [FieldType.CHOICE, FieldType.DATE, FieldType.IMAGE]
    assert found[0].options == ("A", "Bee")
    assert found[1].date_format == "d.M.yyyy"


def test_a_control_around_an_empty_cell_waits_for_a_value() -> None:
    row = f"<w:tbl><w:tr>{cell(paragraph('City'))}{control(cell('<w:p/>'), '')}</w:tr></w:tbl>"
    assert spans(find_controls, row) == [""]
    assert spans(find_controls, control("<w:p/>", "")) == []


def test_controls_that_are_no_places() -> None:
    contents = '<w:docPartObj><w:docPartGallery w:val="Page Numbers (Bottom of Page)"/></w:docPartObj>'
    locked = '<w:lock w:val="sdtContentLocked"/><w:text/>'
    region = control(paragraph("Dear [name], thank you"), "<w:richText/>")
    many = control(paragraph("x") * 5, "<w:text/>")
    body = f"<w:p>{control(run('1'), contents)}</w:p><w:p>{control(run('x'), locked)}</w:p>{region}{many}"
    assert spans(find_controls, body) == []


def test_bound_controls_share_their_value_with_the_property() -> None:
    assert property_key("/ns1:coreProperties[1]/ns0:creator[1]") == property_key("Author") == "property author"
    assert property_key("/ns0:Properties[1]/ns0:Company[1]") == "property company"


def test_form_fields_without_a_gap_are_one_place() -> None:
    fields = "".join(complex_field(" FORMTEXT ", "\u2002" * 5, form_data(f"Text{n}", "<w:textInput/>")) for n in (1, 2))
    other = complex_field(
        " FORMTEXT ",
        "\u2002",
        form_data("Text3", '<w:textInput><w:type w:val="date"/><w:format w:val="dd.MM.yyyy"/></w:textInput>'),
    )
    found = findings(find_form_fields, f"<w:p>{run('IBAN ')}{fields}{run(' on ')}{other}</w:p>")
    assert [(f.anchors[0].start, f.anchors[0].end) for f in found] == [(5, 15), (19, 20)]
    assert (found[1].type, found[1].date_format) == (FieldType.DATE, "dd.MM.yyyy")


def test_a_drop_down_form_field_lists_its_entries() -> None:
    data = form_data("Title", '<w:ddList><w:listEntry w:val="Ms"/><w:listEntry w:val="Mr"/></w:ddList>')
    (found,) = findings(find_form_fields, f"<w:p>{complex_field(' FORMDROPDOWN ', '', data)}</w:p>")
    assert found.type is FieldType.CHOICE and found.options == ("Ms", "Mr")


def test_a_calculated_form_field_is_left_alone() -> None:
    data = form_data("Sum", '<w:textInput><w:type w:val="calculated"/></w:textInput>')
    assert findings(find_form_fields, f"<w:p>{complex_field(' FORMTEXT ', '0', data)}</w:p>") == []


def test_properties_by_name() -> None:
    shown = complex_field(' DOCPROPERTY  "Project name"  \\* MERGEFORMAT ', "Apollo") + complex_field(" AUTHOR ", "Eve")
    found = findings(find_properties, f"<w:p>{shown}{complex_field(' DOCPROPERTY Pages ', '7')}</w:p>")
    assert [(f.label, f.same) for f in found] == [
        ("Project name", "property projectname"),
        ("Author", "property author"),
    ]


def test_prompts_as_fields_and_as_words() -> None:
    field = f"<w:p>{complex_field(' MACROBUTTON NoMacro [Click here and type recipient] ')}</w:p>"
    (found,) = findings(find_prompts, field)
    assert found.hint == "Click here and type recipient"
    assert spans(find_prompts, paragraph("Name: Click or tap here to enter text.")) == [
        "Click or tap here to enter text."
    ]
    assert spans(find_prompts, paragraph("Klicken Sie hier, um Text einzugeben.")) != []
    assert spans(find_prompts, paragraph("The click of a mouse here and there")) == []


def test_a_request_beside_its_label_is_the_place() -> None:
    assert spans(find_prompts, grid(["Project", "Enter the project name"])) == ["Enter the project name"]
    assert spans(find_prompts, grid(["Step 1", "Enter the server room", ""]) + paragraph("Enter the room.")) == []


def test_page_machinery_takes_its_place() -> None:
    layout = layout_of(f"<w:p>{run('Page ')}{complex_field(' PAGE ', '3')}</w:p>")
    (found,) = find_computed(layout)
    assert found.ignored and (found.anchors[0].start, found.anchors[0].end) == (5, 6)


def test_places_for_pictures() -> None:
    linked = f"<w:p>{complex_field(' INCLUDEPICTURE C:/x/Logo.png ')}</w:p>"
    found = findings(
        find_images, linked + paragraph("Insert logo here") + paragraph("The logo is printed on all letters.")
    )
    assert [(f.type, f.label) for f in found] == [(FieldType.IMAGE, "Logo"), (FieldType.IMAGE, "Logo")]
