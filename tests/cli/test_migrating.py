"""`flask definitions migrate`: the dry run, the move with a line a case, what stays, and putting back."""

from __future__ import annotations

import pytest

from tests.versions.conftest import FORM, ONE, TWO, at_check
from tests.world import World
from web import db


@pytest.fixture
def world(app) -> World:
    with app.app_context():
        world = World(db.database(app).sessions)
    world.publish(ONE, "winter_aid.v1.yaml")
    return world


def test_a_dry_run_a_move_and_putting_back(run, world):
    fits, stays = at_check(world), at_check(world, "A2")
    for who in ("clerk", "leader"):
        world.act(who, stays, "approve")
    world.publish(TWO, "winter_aid.v2.yaml")

    dry = run("definitions", "migrate", "winter_aid@1", "winter_aid@2", "--dry-run")
    assert dry.exit_code == 1 and "县级核对 → 县级复核 可迁移" in dry.output and "正在表决或会签" in dry.output
    assert "迁移不改金额" in dry.output and world.row(fits).definition_version == 1

    done = run("definitions", "migrate", "winter_aid@1", "winter_aid@2")
    assert done.exit_code == 1 and "已迁移 1 件" in done.output and "留在原版 1 件" in done.output
    assert (world.row(fits).definition_version, world.row(stays).definition_version) == (2, 1)

    back = run("definitions", "migrate", "winter_aid@1", "winter_aid@2", "--undo")
    assert back.exit_code == 0 and "已撤回" in back.output and world.row(fits).state == "check"


def test_a_version_that_pins_says_so_and_moves_nothing(run, world):
    case_id = at_check(world)
    world.publish(TWO.replace("running: migrate, migrate_from: {1: {check: verify}}", "running: pin"), "winter_aid.v2.yaml")
    done = run("definitions", "migrate", "winter_aid@1", "winter_aid@2")
    assert done.exit_code == 1 and "按原版本办完" in done.output and world.row(case_id).definition_version == 1
    assert run("definitions", "migrate", "winter_aid@1", "other@2").exit_code == 1
    assert run("definitions", "migrate", "winter_aid", "winter_aid@2").exit_code == 1


def test_nothing_running_is_no_failure(run, world):
    world.publish(TWO, "winter_aid.v2.yaml")
    assert world.submitted("worker", "winter_aid", FORM)            # begins under the new version
    done = run("definitions", "migrate", "winter_aid@1", "winter_aid@2")
    assert done.exit_code == 0 and "0 件在办" in done.output
