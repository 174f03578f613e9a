"""What the DNS must say about our mail: the rules on values, and a real server for what goes wrong on the way."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from tests.builders import NOW
from tests.delivery.dns_world import serving_names
from voc.base.db import Database
from voc.delivery import spf
from voc.delivery.dns_check import DnsFinding, Sending, Signing, Verdict, findings, still_to_ask, why_not_checked
from voc.delivery.nameserver import Nameserver, look
from voc.delivery.run.dns import check_dns, last_dns_check
from voc.delivery.spf import Answer, Seen

DOMAIN, BOUNCES = "kestrel.example", "bounce.kestrel.example"
SENDING = Sending((DOMAIN,), BOUNCES, ("smtp.sendgrid.net",), "voice.kestrel.example", f"feedback@{DOMAIN}")
SIGNING = Signing(DOMAIN, "voc1", "v=DKIM1; k=rsa; p=AAAA")
GOOD: dict[tuple[str, str], list[str] | str] = {
    (BOUNCES, "TXT"): ['"v=spf1 include:sendgrid.net ~all"', '"unrelated"'],
    ("sendgrid.net", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 ~all"'],
    (f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=quarantine; rua=mailto:dmarc@kestrel.example"'],
    (f"voc1._domainkey.{DOMAIN}", "TXT"): ['"v=DKIM1; k=rsa; " "p=AA" "AA"'],
    (BOUNCES, "MX"): ["10 mx.kestrel.example."],
    (DOMAIN, "MX"): ["10 mx.kestrel.example."],
    ("mx.kestrel.example", "A"): ["192.0.2.7"],
    ("voice.kestrel.example", "AAAA"): ["2001:db8::7"],
}


def told(changes: Mapping[tuple[str, str], list[str] | str | None], sending: Sending = SENDING) -> list[DnsFinding]:
    """What is found where these records are others than the good ones; None takes one out, a word is a trouble."""
    zone = {**GOOD, **changes}
    known: dict[spf.Question, Answer] = {}
    while wanted := still_to_ask(sending, known):
        for question in wanted:
            records = zone.get(question)
            if isinstance(records, str):
                known[question] = Answer(Seen.FAILED, trouble=records)
            elif records:
                known[question] = Answer(Seen.FOUND, tuple(one.replace('" "', "").strip('"') for one in records))
            else:
                known[question] = Answer(Seen.NONE)
        assert len(known) < 200
    return findings(sending, known)


def about(found: list[DnsFinding], subject: str, verdict: Verdict) -> list[DnsFinding]:
    return [one for one in found if one.about == subject and one.verdict is verdict]


def test_a_domain_in_order_has_nothing_to_mend() -> None:
    found = told({}, replace(SENDING, signing=SIGNING))
    assert {one.verdict for one in found} == {Verdict.WELL}
    assert {one.about for one in found} == {"SPF", "DKIM", "DMARC", "Bounces", "Replies", "Links"}


def test_a_missing_spf_record_is_said_with_the_record_that_the_provider_asks_for() -> None:
    (missing,) = about(told({(BOUNCES, "TXT"): None}), "SPF", Verdict.WRONG)
    assert missing.record is not None
    assert (missing.record.name, missing.record.value) == (BOUNCES, "v=spf1 include:sendgrid.net ~all")


def test_two_spf_records_count_for_none_and_are_joined() -> None:
    twice = {(BOUNCES, "TXT"): ["v=spf1 include:sendgrid.net -all", "v=spf1 mx ~all"]}
    (finding,) = about(told(twice), "SPF", Verdict.WRONG)
    assert "2 SPF records" in finding.what
    assert finding.record is not None
    assert finding.record.value == "v=spf1 include:sendgrid.net mx ~all"


@pytest.mark.parametrize("ending", ["+all", "all", "ALL"])
def test_letting_all_the_world_send_is_wrong_however_it_is_written(ending: str) -> None:
    (finding,) = about(told({(BOUNCES, "TXT"): [f"v=spf1 include:sendgrid.net {ending}"]}), "SPF", Verdict.WRONG)
    assert finding.record is not None
    assert finding.record.value == "v=spf1 include:sendgrid.net ~all"


def test_the_eleventh_lookup_breaks_the_record_and_the_tenth_does_not() -> None:
    def of(number: int) -> dict[tuple[str, str], list[str]]:
        hosts = [f"s{one}.example" for one in range(number)]
        terms = " ".join(f"include:{host}" for host in hosts)
        return {(BOUNCES, "TXT"): [f"v=spf1 {terms} ~all"]} | {(host, "TXT"): ["v=spf1 ~all"] for host in hosts}

    assert about(told(of(10)), "SPF", Verdict.WRONG) == []
    (finding,) = about(told(of(11)), "SPF", Verdict.WRONG)
    assert "costs 11 lookups, and 10 are allowed" in finding.what


def test_lookups_are_counted_through_every_include_and_redirect() -> None:
    walk = spf.walk(
        "a.example",
        {
            ("a.example", "TXT"): Answer(Seen.FOUND, ("v=spf1 a mx/24 ptr include:b.example redirect=c.example",)),
            ("b.example", "TXT"): Answer(Seen.FOUND, ("v=spf1 exists:%{i}.x.example include:%{d}.y.example -all",)),
            ("c.example", "TXT"): Answer(Seen.FOUND, ("v=spf1 ip4:192.0.2.1 -all",)),
        },
    )
    assert (walk.lookups, walk.ptr, walk.names) == (7, True, ["b.example", "c.example"])


def test_an_spf_record_that_includes_itself_is_no_endless_walk() -> None:
    circle = {
        (BOUNCES, "TXT"): ["v=spf1 include:o.example ~all"],
        ("o.example", "TXT"): [f"v=spf1 include:{BOUNCES} -all"],
    }
    assert "in a circle" in about(told(circle), "SPF", Verdict.WRONG)[0].what


def test_an_include_without_a_record_is_named() -> None:
    gone = {(BOUNCES, "TXT"): ["v=spf1 include:gone.example ~all"]}
    assert "gone.example" in about(told(gone), "SPF", Verdict.WRONG)[0].what


def test_what_a_provider_usually_asks_for_is_told_and_not_called_wrong() -> None:
    found = told({(BOUNCES, "TXT"): ["v=spf1 ip4:192.0.2.1 -all"]})
    assert "include:sendgrid.net" in about(found, "SPF", Verdict.TOLD)[0].what
    assert about(found, "SPF", Verdict.WRONG) == []


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (None, "There is no key"),
        (["v=DKIM1; p=BBBB"], "another than the one"),
        (["v=DKIM1; p="], "taken back"),
    ],
)
def test_a_key_that_is_not_ours_breaks_every_signature(records: list[str] | None, said: str) -> None:
    found = told({(SIGNING.name, "TXT"): records}, replace(SENDING, signing=SIGNING))
    (finding,) = about(found, "DKIM", Verdict.WRONG)
    assert said in finding.what
    assert finding.record is not None
    assert finding.record.value == SIGNING.record


def test_a_missing_dmarc_record_comes_with_one_to_publish() -> None:
    (finding,) = about(told({(f"_dmarc.{DOMAIN}", "TXT"): None}), "DMARC", Verdict.WRONG)
    assert finding.record is not None
    assert finding.record.value == f"v=DMARC1; p=none; rua=mailto:feedback@{DOMAIN}"


def test_the_policy_of_the_domain_above_counts_and_its_sp_before_its_p() -> None:
    below = replace(SENDING, from_domains=(f"mail.{DOMAIN}",))
    found = told({(f"_dmarc.{DOMAIN}", "TXT"): ["v=DMARC1; p=reject; sp=none"]}, below)
    assert "only watches" in about(found, "DMARC", Verdict.TOLD)[0].what


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [("p=reject", Verdict.WRONG), ("p=none", Verdict.TOLD), ("p=reject; aspf=s", Verdict.WRONG)],
)
def test_a_return_path_elsewhere_fails_dmarc_unless_somebody_signs(policy: str, verdict: Verdict) -> None:
    elsewhere = SENDING if "aspf" in policy else replace(SENDING, return_domain="bounces.elsewhere.example")
    zone = {
        (f"_dmarc.{DOMAIN}", "TXT"): [f"v=DMARC1; {policy}"],
        ("bounces.elsewhere.example", "TXT"): ["v=spf1 -all"],
        ("bounces.elsewhere.example", "MX"): ["10 mx.kestrel.example."],
    }
    assert any("neither speaks for" in one.what for one in about(told(zone, elsewhere), "DMARC", verdict))
    signed = told({**zone, (SIGNING.name, "TXT"): [SIGNING.record]}, replace(elsewhere, signing=SIGNING))
    assert any("by our signature" in one.what for one in about(signed, "DMARC", Verdict.WELL))


def test_siblings_below_a_name_with_a_policy_are_of_one_house() -> None:
    siblings = replace(SENDING, from_domains=(f"mail.{DOMAIN}",))
    assert any("by the return path" in one.what for one in about(told({}, siblings), "DMARC", Verdict.WELL))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({(BOUNCES, "MX"): ["0 ."]}, "takes no mail"),
        ({(BOUNCES, "MX"): None}, "no MX record and no address"),
        ({("mx.kestrel.example", "A"): None}, "which has no address"),
    ],
)
def test_bounces_that_cannot_come_back_are_said(changes: dict[tuple[str, str], list[str] | None], said: str) -> None:
    assert said in about(told(changes), "Bounces", Verdict.WRONG)[0].what


def test_links_that_lead_nowhere_are_said() -> None:
    assert about(told({("voice.kestrel.example", "AAAA"): None}), "Links", Verdict.WRONG)
    assert about(told({}, replace(SENDING, link_host="127.0.0.1")), "Links", Verdict.WRONG)


@pytest.mark.parametrize("question", [key for key in GOOD if key[0] != "voice.kestrel.example"])
def test_no_answer_is_never_taken_for_a_missing_record(question: tuple[str, str]) -> None:
    found = told({question: "it did not answer"}, replace(SENDING, signing=SIGNING))
    assert not [one for one in found if one.verdict is Verdict.WRONG]
    assert [one for one in found if one.verdict is Verdict.UNKNOWN]


def test_a_domain_of_this_machine_alone_is_not_looked_up() -> None:
    assert why_not_checked(replace(SENDING, from_domains=("localhost.localdomain",))) is not None
    assert why_not_checked(SENDING) is None


@hypothesis(max_examples=40)
@given(st.lists(st.text(max_size=60).map(lambda text: f"v=spf1 {text}"), max_size=3), st.text(max_size=80))
def test_no_record_of_others_breaks_the_check(records: list[str], dmarc: str) -> None:
    told({(BOUNCES, "TXT"): records, (f"_dmarc.{DOMAIN}", "TXT"): [f"v=DMARC1;{dmarc}"], (BOUNCES, "MX"): [dmarc]})


# --- a real server ------------------------------------------------------------------------------


def test_records_come_over_the_wire_and_are_kept_with_their_moment(database: Database) -> None:
    with serving_names(GOOD) as (server, _asked):
        found = check_dns(database, replace(SENDING, signing=SIGNING), Nameserver([server]), now=NOW)
    assert {one.verdict for one in found} == {Verdict.WELL}
    with database.read() as db:
        kept = last_dns_check(db)
    assert kept is not None
    assert (kept.at, kept.found) == (NOW, found)


def test_a_record_that_fits_no_packet_is_read_over_tcp() -> None:
    many = " ".join(f"ip4:192.0.2.{number}" for number in range(256))
    chunks = " ".join(
        f'"{part}"' for part in (f"v=spf1 {many} -all"[at : at + 200] for at in range(0, 9000, 200)) if part
    )
    with serving_names({(BOUNCES, "TXT"): [chunks]}) as (server, asked):
        answer = Nameserver([server]).ask(BOUNCES, "TXT")
    assert answer.seen is Seen.FOUND
    assert answer.values[0].startswith("v=spf1 ip4:192.0.2.0 ip4:192.0.2.1 ")
    assert len(asked) == 2


@pytest.mark.parametrize("trouble", ["servfail", "silent", "garbage", "loop", "cut off"])
def test_whatever_a_server_does_is_an_answer_that_cannot_be_trusted(trouble: str) -> None:
    with serving_names({(BOUNCES, "TXT"): trouble}) as (server, _asked):
        answer = Nameserver([server], seconds=0.2).ask(BOUNCES, "TXT")
    assert answer.seen is Seen.FAILED
    assert answer.trouble
    assert answer.trouble.isprintable()


def test_hostile_bytes_are_shown_as_what_they_are_and_followed_nowhere() -> None:
    with serving_names({**GOOD, (BOUNCES, "TXT"): "hostile"}) as (server, _asked):
        found = findings(SENDING, look(SENDING, Nameserver([server], seconds=0.4)))
    assert all(one.what.isprintable() for one in found)
    assert [one for one in found if one.about == "SPF" and one.verdict is not Verdict.WELL]


def test_a_record_that_leads_to_many_slow_servers_keeps_nobody_waiting() -> None:
    late: dict[tuple[str, str], list[str] | str] = {(f"n{number}.example", "TXT"): "late" for number in range(10)}
    includes = " ".join(f"include:n{number}.example" for number in range(10))
    with serving_names({**GOOD, **late, (BOUNCES, "TXT"): [f'"v=spf1 {includes} ~all"']}) as (server, asked):
        known = look(replace(SENDING, signing=SIGNING), Nameserver([server]), seconds=0.12)
    assert sum(name.startswith("n") for name, _type in asked) < 10
    found = findings(replace(SENDING, signing=SIGNING), known)
    (spf_said,) = about(found, "SPF", Verdict.UNKNOWN)
    assert "leads to more records than could be looked up" in spf_said.what
    assert about(found, "DKIM", Verdict.WELL)  # what is ours was asked first


def test_what_others_publish_without_end_is_cut_short_on_the_page() -> None:
    long = "x" * 3000
    includes = " ".join(f"include:{number}{long[:250]}.example" for number in range(12))
    for records in ([f"v=spf1 {includes} ~all"], [f"v=spf1 include:{long} ~all"], [f"v=spf1 a:{long}"] * 30):
        found = told({(BOUNCES, "TXT"): records, (f"_dmarc.{DOMAIN}", "TXT"): [f"v=DMARC1; p={long}"]})
        for one in found:
            assert len(one.what) < 1500
            assert one.record is None or len(one.record.value) < 4100


def test_two_dmarc_records_are_named_where_they_stand() -> None:
    found = told({(f"_dmarc.{DOMAIN}", "TXT"): ["v=DMARC1; p=none", "v=DMARC1; p=reject"]})
    assert f"2 DMARC records at _dmarc.{DOMAIN}" in about(found, "DMARC", Verdict.WRONG)[0].what


def test_a_name_that_is_none_and_a_server_that_is_not_there_are_told_apart_from_no_record() -> None:
    with serving_names(GOOD) as (server, _asked):
        assert Nameserver([server]).ask("a" * 70 + ".example", "TXT").seen is Seen.FAILED
        assert Nameserver([server]).ask("nobody.example", "TXT").seen is Seen.NONE
    assert Nameserver([server], seconds=0.1).ask("nobody.example", "TXT").seen is Seen.FAILED
