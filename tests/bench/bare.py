"""The baseline of the framework: a FastAPI route that validates the body of a reception and answers, and does nothing else."""

import sys

import uvicorn
from fastapi import FastAPI

from services.intake.api.bodies import ReceptionBody

app = FastAPI()


@app.post("/v1/dossiers", status_code=201)
async def receive(body: ReceptionBody) -> dict[str, str]:
    return {"procedure": body.procedure}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
