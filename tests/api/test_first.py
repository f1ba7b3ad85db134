from __future__ import annotations
import json
import pytest
from tests import people
from tests.builders import *
pytestmark = pytest.mark.django_db

def test_it():
    a,b = charts(2)
    j = an_import(people.alice(), score_on(a, timeAchieved=NOON), score_on(b), unknown_score())
    print(j.state, j.error_message)
    c = people.guest()
    for p in (f"/api/v1/imports/{j.import_id}", f"/api/v1/imports/{j.import_id}/poll-status", "/api/v1/users/alice", "/api/v1/users/alice/game-stats", "/api/v1/users/alice/games/sdvx/Single/pbs/all", "/api/v1/status?echo=x", "/api/v1/config", "/api/v1/foo", "/IR/x"):
        r = c.get(p); print(p, r.status_code, json.dumps(json.loads(r.content), indent=1))
    d=json.loads(c.get(f"/api/v1/imports/{j.import_id}").content)["body"]
    for p in (f"/api/v1/sessions/{d['import']['createdSessions'][0]['sessionID']}", f"/api/v1/scores/{d['import']['scoreIDs'][0]}?getRelated"):
        r = c.get(p); print(p, r.status_code, json.dumps(json.loads(r.content), indent=1))
