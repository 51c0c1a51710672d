"""Evidence over HTTP: a file goes in and out in pieces."""

from datetime import UTC, datetime
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

from services.adapters.files import PIECE, Files, FileStore
from services.adapters.http import api, read_query
from services.adapters.http.bodies import pieces
from services.adapters.timer import every
from services.contracts.actor import Action, Actor
from services.rectify.attachment import Attachment
from services.rectify.evidence import MOST_BYTES, Cabinet, Upload
from services.rectify.filetypes import disposition
from services.rectify.wiring import Wired

TIDY_EVERY_S = 600.0
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


class Filing(Wired):
    """Takes files of evidence and gives them out."""

    evidence: FileStore = Files("evidence")

    @api(
        "POST",
        "/v1/cases/<string:id>/evidence",
        Action.MOVE_CASE,
        asks=Upload,
        answers={HTTPStatus.CREATED: Attachment},
    )
    def post_evidence(self, request: Request, actor: Actor, id: str) -> tuple[int, Attachment]:
        """File a JPEG, PNG or PDF, sent as the body itself; the same sent again changes nothing."""
        upload, body = read_query(request, Upload), pieces(request, MOST_BYTES, PIECE)
        filed = self._cabinet().file(actor, id, upload, body)
        self.audit.about("case", id).changed({}, {"evidence": filed.sha256})
        self.outbox.wake()
        return HTTPStatus.CREATED, filed

    @api("GET", "/v1/cases/<string:id>/evidence/<string:file_id>", Action.READ_CASES)
    def get_evidence(self, request: Request, actor: Actor, id: str, file_id: str) -> Response:
        """A file of evidence, to be saved."""
        file, content = self._cabinet().open(actor, id, file_id)
        headers = {**SAFE, "Content-Disposition": disposition(file.name), "ETag": file.sha256}
        headers["Content-Length"] = str(file.size)
        return Response(content, headers=headers, content_type=file.type)

    @every(TIDY_EVERY_S)
    def tidy_evidence(self) -> None:
        """Remove what failed uploads have left."""
        self._cabinet().tidy(datetime.now(UTC))

    def _cabinet(self) -> Cabinet:
        return Cabinet(self.evidence, self._cases(), self._office())
