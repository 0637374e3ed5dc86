"""What our throughput is compared with. Each runs as a process of its own, on the same core as ours.

`python -m benchmarks.throughput_peers PORT` is the bare aiohttp handler; gunicorn loads the other two.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, Final

from benchmarks.throughput_requests import PATH, TOKEN

DATABASE: Final = "throughput_peers"


def bare() -> None:
    """Read the same body with aiohttp and say `success`: nothing built on it can be faster."""
    from aiohttp import web

    async def read(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="success")

    app = web.Application()
    app.router.add_post(PATH, read)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


def flask_echo() -> Any:
    """Flask with wechatpy as in its guide: check, parse, echo. It stores nothing."""
    from wechatpy import create_reply, parse_message
    from wechatpy.exceptions import InvalidSignatureException
    from wechatpy.utils import check_signature

    flask: Any = import_module("flask")  # only `make bench` installs it
    request: Any = flask.request

    def echo() -> str:
        try:
            check_signature(
                TOKEN, request.args["signature"], request.args["timestamp"], request.args["nonce"]
            )
        except InvalidSignatureException:
            flask.abort(403)
        message = parse_message(request.data)
        return str(create_reply(message.content, message=message).render())

    app = flask.Flask(__name__)
    app.add_url_rule(PATH, view_func=echo, methods=["POST"])
    return app


def werobot_session() -> Any:
    """WeRoBot with its MongoDB session storage as in its guide: one number is kept for each citizen."""
    import pymongo

    werobot: Any = import_module("werobot")  # it brings no types
    storage: Any = import_module("werobot.session.mongodbstorage")

    sessions: Any = pymongo.MongoClient(os.environ["THROUGHPUT_MONGODB"])[DATABASE]["sessions"]
    robot = werobot.WeRoBot(token=TOKEN)
    robot.config["SESSION_STORAGE"] = storage.MongoDBStorage(sessions)

    def echo(message: Any, session: Any) -> str:
        session["count"] = session.get("count", 0) + 1
        return str(message.content)

    robot.text(echo)
    return robot.wsgi


if __name__ == "__main__":
    bare()
