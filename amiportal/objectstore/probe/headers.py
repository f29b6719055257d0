"""What the store, or a proxy before it, says of an object that nobody asked it to."""

from amiportal.objectstore.objects import CONTENT_TYPE, kept_headers
from amiportal.objectstore.probe.workbench import ProbeFinding, Workbench, unexpected

_SENT_AS = "image/jpeg"


def own_headers(bench: Workbench) -> ProbeFinding:
    """Headers of an object that was sent without them: an upload cannot be judged by these."""
    key = bench.key("headers")
    answer = bench.put_by_url(key, signed={CONTENT_TYPE: _SENT_AS})
    if answer.status != 200:
        raise unexpected(answer, bench.bucket)
    told = kept_headers(bench.head(key).headers)
    own = sorted(name for name, value in told.items() if (name, value) != (CONTENT_TYPE, _SENT_AS))
    if not own:
        return ProbeFinding("none", "An object has the headers that it was sent with.")
    return ProbeFinding(", ".join(own), "Given to every object, whatever it was sent with.")


CHECKS = (own_headers,)
