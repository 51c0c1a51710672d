"""The same edge as FastAPI and FastStream: sign-in, validate, seal, publish, confirm, 202."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Header, HTTPException
from faststream.rabbit import RabbitBroker, RabbitExchange

from services.adapters.mongo import connect
from services.adapters.sealing import Sealer
from services.adapters.settings import token_hash
from services.capture.edge import Edge
from services.capture.forms import RatingForm
from services.console.bench.load import RULES
from services.contracts.actor import Actor, Role
from services.contracts.message import Envelope
from services.contracts.topology import EVENTS

broker = RabbitBroker(os.environ["AMQP_URI"], logger=None)
exchange = RabbitExchange(EVENTS, durable=True, declare=False)
HASH = token_hash(os.environ["PRESS_TOKEN"])
HALL = Actor("hall", frozenset({Role.SYSTEM}))
DB = connect(os.environ["MONGO_URI"], os.environ["MONGO_DATABASE"])
SEALER = Sealer(DB, Path(os.environ["HAOPING_MASTER_KEY_FILE"]).read_bytes())
KEY = Path(os.environ["HAOPING_LEDGER_KEY_FILE"]).read_bytes()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Connect before the first request."""
    SEALER.ensure_key()
    await broker.connect()
    yield
    await broker.stop()


app = FastAPI(lifespan=lifespan)


@app.get("/healthz")
async def healthz() -> dict[str, bool]:
    """The process lives."""
    return {"live": True}


@app.post("/v1/ratings", status_code=202)
async def post_rating(form: RatingForm, authorization: Annotated[str, Header()]) -> dict[str, str]:
    """Take one press; answer when the broker has confirmed it."""
    if token_hash(authorization.removeprefix("Bearer ")) != HASH:
        raise HTTPException(401)
    trace = str(uuid.uuid4())
    edge = Edge(HALL, RULES, datetime.now(UTC), SEALER.seal, KEY)
    event = edge.rating(form, trace)
    envelope = Envelope(
        id=trace,
        type="RatingSubmitted",
        trace=trace,
        sent_at=datetime.now(UTC),
        items=(event.model_dump(mode="json"),),
    )
    await broker.publish(
        envelope, exchange=exchange, routing_key=event.routing_key, persist=True, mandatory=True
    )
    return {"rating_id": str(form.rating_id), "status": "accepted", "trace": trace}


if __name__ == "__main__":
    host, port = os.environ["WEB_SERVER_ADDRESS"].split(":")
    uvicorn.run(app, host=host, port=int(port), log_level="warning", access_log=False)
