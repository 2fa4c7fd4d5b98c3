"""Hosts of a private network."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import STRICT_IDENTITY
from tests.growth import assert_linear, repeated

FINDER = Finder(STRICT_IDENTITY)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("web-muc-04.intra.kesselhaus.net ansible_user=ops", "web-muc-04.intra.kesselhaus.net"),
        ("ssh into build7.rigel.corp as jenkins", "build7.rigel.corp"),
        ("o servidor \u00e9 srv-app02.fazenda.local. Configura", "srv-app02.fazenda.local"),
        ("Data Source=SQLCTRL02.werk.intern;User ID=x", "SQLCTRL02.werk.intern"),
        ("http://nas.local:8080/", "nas.local"),
        ("router.fritz.box is up", "router.fritz.box"),
        ("  HostName bst01.core.pellworm-energie.de\n", "bst01.core.pellworm-energie.de"),
        ("site: https://kestrelbau.atlassian.net", "kestrelbau"),
        ("https://nexus.int.hollerbach.de/repository", "nexus.int.hollerbach.de"),
    ],
)
def test_a_domain_says_whose_network_it_is(text, host):
    """By its last label, or by one before it."""
    assert [span.secret for span in FINDER.find(text)] == [host]


@pytest.mark.parametrize(
    "text",
    [
        "self._local = threading.local(); x = foo.bar.internal; path.home; lang.language",
        "config.local.php .env.local settings.local.json localhost.local",
        "postgres.default.svc.cluster.local host.docker.internal metadata.google.internal",
        "ip-10-0-3-7.eu-west-1.compute.internal docs.corp.example.com import sun.internal.x",
        "api.github.com cdn.jsdelivr.net https://hooks.slack.com/x your-domain.atlassian.net",
        "resolver: 8.8.8.8, 1.1.1.1, gem 7.1.3.4, SHA256 fingerprint B7:F8:1E:64:55:95:25:AE",
        "arn:aws:iam::123456789012:role/x, card 4242 4242 4242 4242",
        "main.int.test.ts app.int.config.js foo.corp.yaml docs.intern.md obj.corp.name com.acme.corp string.intern",
        "Problem.Intern feil, Host.Lan",
        "Owner: platform team, on call; Maintainer: Debian Python Team <t>; contact: Support Team, all days",
        "Copyright (C) 1991 Regents of the University of California; Copyright (c) 2020 The Ada Authors",
    ],
)
def test_code_and_what_everyone_has_stays(text):
    """Attributes, files, the domains of containers and clouds, and of examples."""
    assert FINDER.find(text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("| +33 6 52 41 88 07", "+33 6 52 41 88 07"),
        ("text +1 (415) 736-2094; or +15005550006", "+1 (415) 736-2094"),
        ("Meine Handynummer f\u00fcr R\u00fcckfragen: 0171 5540 913", "0171 5540 913"),
        ("Bel 06-41 88 20 73 als het niet lukt", "06-41 88 20 73"),
        ("\u6211\u7684\u624b\u673a\u53f7 138 2276 4019 \u4e0d\u8981", "138 2276 4019"),
        ("numer telefonu to 601 774 290.", "601 774 290"),
        ("(11) 97734-5528", "(11) 97734-5528"),
        ("\u643a\u5e2f\u306f090-8812-3345\u3067\u3059", "090-8812-3345"),
        ("06 52 41 88 07", "06 52 41 88 07"),
    ],
)
def test_a_telephone_has_the_form_of_its_country_or_a_word_beside_it(text, number):
    """As people write it."""
    assert [span.secret for span in FINDER.find(text)] == [number]


@pytest.mark.parametrize(
    "text",
    [
        "phone_number_id: 106540352242922, mobile build 20251104, phone model 2025.11.04",
        "+1 (415) 555-0134, tel. 020 7946 0123, +12345678901, +100 200 300",
        "mobile: 2025-11-04 12:30, 00 01 02 03 04 05 06, @@ -10,6 +10,7 @@",
        "phone screens: 1080 1920 2400; fax machines: 1200 2400 4800; (555) 555-1234, 0171/1234567",
        "+2003/06/18: [new]",
        "06 12 34 56 78, 01 02 03 04 05, 05.06.07.08.09, phone: 070-1234-5678",
    ],
)
def test_an_id_a_date_and_an_example_are_no_telephone(text):
    """Plans of numbers keep some for examples."""
    assert FINDER.find(text) == []


@pytest.mark.parametrize("rule", STRICT_IDENTITY, ids=lambda rule: f"{rule.kind}-{rule.markers[0]}")
def test_strict_identity_is_no_slower_than_the_text_is_long(rule):
    """On what it nearly matches."""
    marker = rule.markers[-1]
    for unit in (marker, f"{marker} 1", f"a{marker}", f"a.{marker}.", f"{marker}{'1 ' * 20}"):
        assert_linear(repeated(unit), lambda text: list(rule.find(text)), 2_000)
