"""What can go wrong with a language model. The docstring of each class is its default message."""

from __future__ import annotations

from accounts_app.errors import BadInput, DnaError


class NoProvider(DnaError):
    """No language model can be used for this. Enable one in the admin under Language models and set its key."""

    code = "no_provider"
    http_status = 503


class UnknownProvider(BadInput):
    """There is no provider of this name."""

    code = "unknown_provider"


class UnknownPrice(DnaError):
    """The price of this model is not known. Add a row in the admin under Language models, Prices."""

    code = "unknown_price"
    http_status = 503


class CapReached(DnaError):
    """This call could cost more than is left under a limit."""

    code = "cap_reached"
    http_status = 402


class ProviderError(DnaError):
    """The provider could not answer."""

    code = "provider_error"
    http_status = 502


class ProviderAuthenticationFailed(ProviderError):
    """The provider does not accept its key. Check the variable that holds it and restart."""

    code = "provider_authentication"


class ProviderRateLimited(ProviderError):
    """The provider takes no more calls for now. Try again in a while, or raise its limits."""

    code = "provider_rate_limited"
    http_status = 503
    retryable = True


class ProviderUnavailable(ProviderError):
    """The provider cannot be reached or is out of order. Try again in a while, or choose another one."""

    code = "provider_unavailable"
    http_status = 503
    retryable = True


class ProviderTimedOut(ProviderUnavailable):
    """The provider did not answer in time. Try again, or raise its time-out in the admin."""

    code = "provider_timed_out"


class ProviderSaidNothing(ProviderUnavailable):
    """The provider broke off before it said anything. Try again in a while, or choose another one."""

    code = "provider_said_nothing"


class ProviderRefusedRequest(ProviderError):
    """The provider does not accept the request. Check its model name and address in the admin."""

    code = "provider_refused_request"


class ContextTooLong(ProviderError):
    """The text is longer than the model takes. Use a shorter one, or a model that takes more."""

    code = "context_too_long"
    http_status = 422


class ContentRefused(ProviderError):
    """The model declines to answer this. Change the text, or choose another model."""

    code = "content_refused"
    http_status = 422


class BadModelAnswer(ProviderError):
    """The model's answer does not have the form asked for, even asked twice. Try again, or choose another model."""

    code = "bad_model_answer"
    retryable = True


class BadPrompt(DnaError):
    """A prompt file cannot be used as it stands."""

    code = "bad_prompt"


NO_ANSWER = (ProviderError, NoProvider, UnknownPrice, UnknownProvider, CapReached)
"""Why there is no answer, for work that goes on without one."""
