"""One-time links work once and for an hour; keys are kept as fingerprints and end when revoked."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connections, transaction

from cadenza.base import crypto, database
from cadenza.base.ids import UserId, new_id
from cadenza.base.problem import BadInput, Conflict, NotFound, Refused
from cadenza.trust.accounts import models, service


def token_of(path):
    return path.split("/")[2]


@pytest.fixture
def colleague(workspace):
    with database.system_scope():
        made = service.create_user(f"u{new_id()}@example.com")
        service.add_member(workspace, UserId(made.id))
    return made


@pytest.fixture
def token(colleague):
    return token_of(service.make_sign_in_link(UserId(colleague.id)))


def use(token, email=""):
    with database.system_scope():
        return service.use_sign_in_link(token, email)


def test_a_link_works_once(token, colleague):
    assert use(token).id == colleague.id
    with pytest.raises(Refused):
        use(token)


def test_a_link_works_for_an_hour(clock, colleague):
    early, late = (token_of(service.make_sign_in_link(UserId(colleague.id))) for _ in range(2))
    clock.move(minutes=59)
    assert use(early)
    clock.move(minutes=2)
    with pytest.raises(Refused):
        use(late)


def test_looking_at_a_link_leaves_it_good(token):
    for _ in range(3):
        service.check_sign_in_link(token)
    assert use(token)


def test_a_link_is_kept_as_a_fingerprint(token):
    kept = models.SignInLink.objects.get(fingerprint=crypto.fingerprint(token))
    assert token.encode() not in bytes(kept.fingerprint)


@pytest.mark.parametrize("noise", ["", "x", "é" * 50, "a" * 5000, "\ud800", "\x00"])
def test_a_made_up_token_is_refused(workspace, noise):
    with pytest.raises(Refused):
        use(noise)


def test_of_twenty_who_use_a_link_at_once_one_gets_in(token):
    won = []

    def attempt():
        try:
            won.append(use(token))
        except Refused:
            pass
        finally:
            connections.close_all()

    threads = [Thread(target=attempt) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(won) == 1


@pytest.fixture
def nobody(workspace):
    """An installation where nobody works yet, for one transaction."""
    with transaction.atomic():
        models.User.objects.all().delete()
        yield
        transaction.set_rollback(True)


def test_the_first_link_makes_the_owner_of_every_workspace(workspace, nobody):
    first = token_of(service.make_sign_in_link())
    owner = use(first, "Owner@Example.com")
    assert owner.email == "owner@example.com"
    assert not owner.has_usable_password()
    assert workspace in {one.id for one in service.workspaces_of(UserId(owner.id))}


def test_a_bad_address_does_not_use_the_first_link_up(workspace, nobody):
    first = token_of(service.make_sign_in_link())
    with pytest.raises(BadInput):
        use(first, "not an address")
    service.check_sign_in_link(first)


def test_a_first_link_makes_no_second_owner(workspace, colleague):
    left_over = token_of(service.make_sign_in_link())
    with pytest.raises(Refused):
        use(left_over, f"thief{new_id()}@example.com")


def test_a_key_opens_as_its_kind_and_ends_when_revoked(workspace):
    with database.scope(workspace):
        key, plain = service.issue_key(workspace, "secret", "Server")
    found = service.find_key(plain)
    assert found and (found.workspace, found.kind) == (workspace, "secret")
    with database.scope(workspace):
        service.revoke_key(workspace, key.id)
    assert service.find_key(plain) is None
    assert service.remembered_key(plain) is None


def test_a_key_is_kept_as_a_fingerprint(workspace):
    with database.scope(workspace):
        _, plain = service.issue_key(workspace, "write", "Site")
        kept = str(database.rows("select row_to_json(k)::text from accounts_apikey k"))
    assert plain not in kept


@pytest.mark.parametrize("noise", ["x", "cs_", "é", "\ud800", "\x00", "a" * 100_000])
def test_a_made_up_key_opens_nothing(workspace, noise):
    assert service.find_key(noise) is None


def test_a_key_of_another_workspace_cannot_be_revoked(workspace):
    with database.system_scope():
        other = service.create_workspace("Other shop")
    with database.scope(other.id):
        key, plain = service.issue_key(other.id, "write", "Site")
    with database.scope(workspace):
        service.revoke_key(workspace, key.id)
    assert service.find_key(plain)


def test_a_key_has_a_known_kind(workspace):
    with pytest.raises(BadInput), database.scope(workspace):
        service.issue_key(workspace, "admin", "All")


def test_the_last_member_stays(workspace, colleague):
    with pytest.raises(Conflict), database.scope(workspace):
        service.remove_member(workspace, UserId(colleague.id))


def test_a_removed_member_sees_the_workspace_no_more(workspace, colleague):
    with database.system_scope():
        second = service.create_user(f"u{new_id()}@example.com")
        service.add_member(workspace, UserId(second.id))
    with database.scope(workspace):
        service.remove_member(workspace, UserId(colleague.id))
    assert service.workspaces_of(UserId(colleague.id)) == []


def test_an_address_belongs_to_one_user(colleague):
    with pytest.raises(BadInput):
        service.create_user(colleague.email.upper())


@pytest.mark.parametrize(
    ("name", "value"),
    [("name", " "), ("name", "x" * 121), ("name", "a\0b"), ("time_zone", "Mars/Olympus"), ("currency", "XXZ"),
     ("region", "LVA"), ("website", "javascript:alert(1)"), ("postal_address", "x" * 401),
     ("id", "1"), ("is_demo", "1")],
)  # fmt: skip
def test_a_bad_setting_names_its_field(workspace, name, value):
    with pytest.raises(BadInput) as refusal, database.scope(workspace):
        service.update(workspace, **{name: value})
    assert refusal.value.at == name


def test_an_unknown_workspace_is_not_found(workspace):
    with pytest.raises(NotFound):
        service.workspace(new_id())
