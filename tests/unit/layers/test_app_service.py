import pytest
from pydantic import ValidationError

from stackward.definition import form_errors
from stackward.layers.app_service import ServiceSettings


@pytest.mark.parametrize(("written", "seconds"), [(30, 30.0), (7.5, 7.5), ("45s", 45.0), ("2m", 120.0)])
def test_how_long_an_app_has_to_answer_is_written_as_every_duration(written, seconds):
    assert ServiceSettings.model_validate({"healthcheck_within": written}, strict=True).healthcheck_within == seconds


@pytest.mark.parametrize("written", ["soon", 0, -1, True, "8d"])
def test_what_is_no_duration_is_refused(written):
    given = {"healthcheck_within": written}
    with pytest.raises(ValidationError) as refused:
        ServiceSettings.model_validate(given, strict=True)
    ((path, mistake),) = form_errors.findings(refused.value, ServiceSettings, given)
    assert path == ("healthcheck_within",)
    assert mistake.right
