"""Rules for formats of tokens, which are secrets in any context. No I/O.

The formats are those of the issuers' documentation and of public scanners. A length counts only where it is documented.
"""

import re
from collections.abc import Callable
from functools import partial

from pytest_codex_replay.redaction.id_token import ID_TOKEN
from pytest_codex_replay.redaction.private_keys import PRIVATE_KEYS
from pytest_codex_replay.redaction.rule import Rule
from pytest_codex_replay.redaction.value_shapes import is_mixed, is_no_dummy

_COLOUR = r"(?<=\[m)|(?<=[\[;]\dm)|(?<=[\[;]\d\dm)"
_L = rf"(?:(?<![A-Za-z0-9_-])|{_COLOUR})"
"""A token does not begin inside a word, but it may begin directly after a colour sequence."""
_B = rf"(?:(?<![A-Za-z0-9])|{_COLOUR})"
"""A token with an unmistakable form may be a part of a name: `backup_ghp_…`."""
_BASE64_L = r"(?<![A-Za-z0-9_+/-])"
_BASE64_R = r"(?![A-Za-z0-9_+/=-])"
"""A shape that base64 may have by accident ends where base64 ends."""
_R = r"(?![A-Za-z0-9_-])"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def _token(kind: str, markers: str, pattern: str, is_secret: Callable[[str], bool] = is_no_dummy) -> Rule:
    return Rule(kind=kind, markers=tuple(markers.split("|")), pattern=re.compile(pattern), is_secret=is_secret)


_jwt = partial(_token, is_secret=lambda value: value != ID_TOKEN)
_mixed = partial(_token, is_secret=is_mixed)
"""For formats whose tokens mix letters and digits; words of the same shape do not."""
_SAYS_KEY = tuple(
    f"{word}{dash}" for word in ("api", "apikey", "pat", "sk", "secret", "token", "tok", "oauth") for dash in "_-"
)

TOKENS = (
    _token(
        "openai_key",
        "sk-proj-|sk-svcacct-|sk-admin-|sk-none-",
        rf"{_B}sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{{20,}}+",
    ),
    _token("anthropic_key", "sk-ant-", rf"{_B}sk-ant-[a-z0-9]{{2,12}}-[A-Za-z0-9_-]{{20,}}+"),
    _token("openrouter_key", "sk-or-", rf"{_B}sk-or-(?:v\d-)?[A-Za-z0-9]{{20,}}+{_R}"),
    _token("langsmith_key", "lsv2_", rf"{_B}lsv2_(?:pt|sk)_[A-Za-z0-9]{{32}}_[A-Za-z0-9]{{10}}{_R}"),
    _mixed("api_key", "sk-", rf"{_L}c?sk-(?:[A-Za-z0-9]{{20,128}}+{_R}|[A-Za-z0-9_-]{{32,}}+)"),
    _mixed("api_key", "sk_|pk_", rf"{_L}(?:sk|rk)_[a-z]{{0,4}}_?[0-9a-f]{{32,64}}+{_R}"),
    _mixed("session_key", "sess-", rf"{_L}sess-[A-Za-z0-9]{{32,}}+{_R}"),
    _mixed("ephemeral_key", "ek_", rf"{_L}ek_[A-Za-z0-9_]{{24,}}+{_R}"),
    _mixed("codex_token", "at-", rf"{_L}at-[A-Za-z0-9_-]{{40,}}+"),
    _mixed("refresh_token", "rt_|ac_|rt.", rf"{_L}(?:rt|ac)[_.][A-Za-z0-9_-]{{24,}}+(?:\.[A-Za-z0-9_-]{{16,}}+)?"),
    _jwt("jwt", "eyj", rf"{_L}eyJ[A-Za-z0-9_-]{{8,}}+\.eyJ[A-Za-z0-9_-]{{8,}}+(?:\.[A-Za-z0-9_-]*+){{0,3}}"),
    _jwt(
        "jwt",
        "eyj",
        rf"{_L}eyJ[A-Za-z0-9_-]{{8,}}+\.[A-Za-z0-9_-]*+\.[A-Za-z0-9_-]{{8,}}+\.[A-Za-z0-9_-]{{8,}}+\.[A-Za-z0-9_-]{{8,}}+",
    ),
    _token("github_token", "ghp_|gho_|ghu_|ghs_|ghr_", rf"{_B}gh[pousr]_[A-Za-z0-9]{{30,255}}+{_R}"),
    _token("github_token", "github_pat_", rf"{_B}github_pat_[A-Za-z0-9_]{{30,255}}+{_R}"),
    _token(
        "gitlab_token",
        "glpat-|gldt-|glrt-|glcbt-|glptt-|glft-|glsoat-|glagent-|gloas-|glimt-|glffct-|glwt-",
        rf"{_B}gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt|ffct|wt)-(?:[A-Za-z0-9_=-]|\.(?=[A-Za-z0-9])){{20,}}+",
    ),
    _token("aws_key_id", "akia|asia|abia|acca|a3t", rf"{_L}(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{{16}}{_R}"),
    _token("aws_bedrock_key", "absk", rf"{_L}ABSK[A-Za-z0-9+/]{{100,}}+={{0,2}}"),
    _token("google_key", "aiza", rf"{_B}AIza[A-Za-z0-9_-]{{35}}{_R}"),
    _token("google_key", "aq.ab", rf"{_B}AQ\.Ab[A-Za-z0-9_-]{{40,}}+"),
    _token("google_token", "ya29.", rf"{_L}ya29\.(?:[a-z]\.)?[A-Za-z0-9_-]{{20,}}+"),
    _token("google_token", "gocspx-|1//0", rf"{_L}(?:GOCSPX-[A-Za-z0-9_-]{{20,}}+|1//0[A-Za-z0-9_-]{{30,}}+)"),
    _token(
        "azure_secret", "q~", r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])"
    ),
    _token(
        "azure_key",
        "azse|azfu|+acr",
        rf"{_BASE64_L}[A-Za-z0-9_/+-]{{42,44}}(?:AzSe|AzFu|\+ACR)[A-Za-z0-9_/+-]{{6}}(?![A-Za-z0-9_/+-])(?:==)?",
    ),
    _mixed("slack_token", "xox", rf"{_B}xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{{10,}}+"),
    _token("slack_token", "xoxd-", rf"{_B}xoxd-(?:[A-Za-z0-9-]|%(?:2[BF]|3D)){{10,}}+"),
    _token("slack_token", "xapp-", rf"{_B}xapp-\d-[A-Za-z0-9-]{{12,}}+"),
    _token(
        "slack_webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9_/+-]{16,}+)"
    ),
    _token(
        "discord_webhook", "/webhooks/", r"discord(?:app)?\.com/api/(?:v\d+/)?webhooks/(\d{15,}+/[A-Za-z0-9_-]{40,}+)"
    ),
    _token("teams_webhook", "webhook.office.com", r"webhook\.office\.com/(?:webhookb2/)?([A-Za-z0-9@/-]{40,}+)"),
    _token("discord_token", ".g", rf"{_L}[MNO][A-Za-z0-9_-]{{23,27}}\.[A-Za-z0-9_-]{{6}}\.[A-Za-z0-9_-]{{27,40}}+"),
    _token("stripe_key", "k_test_|k_live_|k_prod_", rf"{_B}(?:sk|rk|pk|ek)_(?:test|live|prod)_[A-Za-z0-9]{{10,}}+{_R}"),
    _token("stripe_key", "whsec_", rf"{_B}whsec_[A-Za-z0-9+/=_-]{{16,}}+"),
    _token("npm_token", "npm_", rf"{_B}npm_[A-Za-z0-9]{{36}}{_R}"),
    _token("pypi_token", "pypi-", rf"{_B}pypi-Ag[A-Za-z0-9_-]{{50,}}+"),
    _token("rubygems_key", "rubygems_", rf"{_L}rubygems_[0-9a-f]{{48}}{_R}"),
    _mixed("crates_token", "cio", rf"{_L}cio[A-Za-z0-9]{{32}}{_R}"),
    _token("nuget_key", "oy2", rf"{_L}oy2[a-z0-9]{{43}}{_R}"),
    _token("huggingface_token", "hf_|api_org_", rf"{_B}(?:hf|api_org)_[A-Za-z0-9]{{30,}}+{_R}"),
    _token("groq_key", "gsk_", rf"{_B}gsk_[A-Za-z0-9]{{40,}}+{_R}"),
    _token("xai_key", "xai-", rf"{_L}xai-[A-Za-z0-9_-]{{40,}}+"),
    _token("perplexity_key", "pplx-", rf"{_B}pplx-[A-Za-z0-9]{{40,}}+{_R}"),
    _token("replicate_token", "r8_", rf"{_L}r8_[A-Za-z0-9]{{36,40}}{_R}"),
    _mixed("fireworks_key", "fw_", rf"{_L}fw_[A-Za-z0-9]{{20,}}+{_R}"),
    _token("tavily_key", "tvly-", rf"{_L}tvly-(?:dev-|prod-)?[A-Za-z0-9]{{24,}}+{_R}"),
    _token("nvidia_key", "nvapi-", rf"{_L}nvapi-[A-Za-z0-9_-]{{40,}}+"),
    _token("sendgrid_key", "sg.", rf"{_B}SG\.[A-Za-z0-9_=.-]{{50,80}}+"),
    _mixed("mailgun_key", "key-", rf"{_L}key-[0-9a-f]{{32}}{_R}"),
    _mixed("mailchimp_key", "-us", rf"{_L}[0-9a-f]{{32}}-us\d{{1,2}}{_R}"),
    _mixed("twilio_key", "sk", rf"{_BASE64_L}SK[0-9a-fA-F]{{32}}{_BASE64_R}"),
    _token("telegram_token", ":aa", rf"(?:{_L}|(?<=bot))\d{{8,10}}:AA[A-Za-z0-9_-]{{32,34}}{_R}"),
    _mixed("databricks_token", "dapi", rf"{_L}dapi[0-9a-f]{{32}}(?:-\d)?{_R}"),
    _token("digitalocean_token", "_v1_", rf"{_B}do[opr]_v1_[0-9a-f]{{64}}{_R}"),
    _token("docker_token", "dckr_", rf"{_B}dckr_(?:pat|oat)_[A-Za-z0-9_-]{{24,}}+"),
    _token("age_key", "age-secret-key-", rf"{_L}AGE-SECRET-KEY-1[A-Z0-9]{{58}}{_R}"),
    _token("vault_token", "hvs.|hvb.|hvr.", rf"{_L}(?:hv[sbr]\.[A-Za-z0-9_-]{{24,}}+)"),
    _token("terraform_token", ".atlasv1.", rf"{_L}[A-Za-z0-9]{{14}}\.atlasv1\.[A-Za-z0-9_=-]{{40,}}+"),
    _mixed("pulumi_token", "pul-", rf"{_L}pul-[0-9a-f]{{40}}{_R}"),
    _token("atlassian_token", "atatt3|atctt3", rf"{_L}AT[AC]TT3[A-Za-z0-9_=-]{{40,}}+"),
    _mixed("notion_token", "ntn_|secret_", rf"{_L}(?:ntn_[A-Za-z0-9]{{40,}}+|secret_[A-Za-z0-9]{{43}}){_R}"),
    _token("linear_key", "lin_", rf"{_L}lin_(?:api|oauth)_[A-Za-z0-9]{{32,}}+{_R}"),
    _token("figma_token", "figd_", rf"{_L}figd_[A-Za-z0-9_-]{{36,}}+"),
    _token("shopify_token", "shp", rf"{_L}shp(?:at|ca|pa|ss)_[0-9a-fA-F]{{32}}{_R}"),
    _token("square_token", "eaaa", rf"{_BASE64_L}EAAA[A-Za-z0-9_-]{{22,60}}+{_BASE64_R}"),
    _token("square_token", "sq0", rf"{_L}sq0(?:atp|csp)-[A-Za-z0-9_-]{{22,43}}+{_R}"),
    _mixed("facebook_token", "eaa", rf"{_BASE64_L}EAA[A-Za-z]{{1,10}}[A-Za-z0-9]{{80,}}+{_BASE64_R}"),
    _token(
        "grafana_token",
        "glc_|glsa_",
        rf"{_L}(?:glc_[A-Za-z0-9+/]{{32,}}+={{0,2}}|glsa_[A-Za-z0-9]{{32}}_[0-9a-fA-F]{{8}})",
    ),
    _token(
        "newrelic_key",
        "nrak-|nrjs-|nraa-|nrra-|nrii-",
        rf"{_L}NR(?:AK-[A-Z0-9]{{27}}|JS-[a-f0-9]{{19}}|AA-[a-f0-9]{{27}}|RA-[a-f0-9]{{42}}|II-[A-Za-z0-9_-]{{32}}){_R}",
    ),
    _token("sentry_token", "sntrys_|sntryu_", rf"{_L}(?:sntrys_[A-Za-z0-9+/_=-]{{40,}}+|sntryu_[0-9a-f]{{64}})"),
    _token("planetscale_token", "pscale_", rf"{_L}pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{{32,}}+"),
    _token(
        "doppler_token",
        "dp.",
        rf"{_L}dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{{2,35}}\.)?[A-Za-z0-9]{{40,44}}{_R}",
    ),
    _token("postman_key", "pmak-", rf"{_L}PMAK-[0-9a-f]{{24}}-[0-9a-f]{{34}}{_R}"),
    _token("buildkite_token", "bkua_", rf"{_L}bkua_[0-9a-f]{{40}}{_R}"),
    _token("cloudflare_key", "v1.0-", rf"{_L}v1\.0-[0-9a-f]{{24}}-[0-9a-f]{{146}}{_R}"),
    _token("circleci_token", "ccipat_|cciprj_", rf"{_L}CCIP(?:AT|RJ)_[A-Za-z0-9]{{16,}}+_[0-9a-f]{{40}}{_R}"),
    _mixed("sonar_token", "sqp_|squ_|sqa_", rf"{_L}sq[pua]_[0-9a-f]{{40}}{_R}"),
    _mixed("elastic_key", "essu_", rf"{_L}essu_[A-Za-z0-9+/=]{{40,}}+"),
    _token("supabase_key", "sbp_|sb_secret_", rf"{_L}(?:sbp_[0-9a-f]{{40}}|sb_secret_[A-Za-z0-9_-]{{20,}}+){_R}"),
    _token("tailscale_key", "tskey-", rf"{_L}tskey-[a-z]{{2,12}}-[A-Za-z0-9-]{{16,}}+"),
    _token(
        "onepassword_token",
        "ops_eyj|a3-",
        rf"{_L}(?:ops_eyJ[A-Za-z0-9+/_-]{{100,}}+={{0,2}}|A3-[A-Z0-9]{{6}}-(?:[A-Z0-9]{{11}}|[A-Z0-9]{{6}}-[A-Z0-9]{{5}})-[A-Z0-9]{{5}}-[A-Z0-9]{{5}}-[A-Z0-9]{{5}}){_R}",
    ),
    _token("wandb_key", "wandb_v1_", rf"{_L}wandb_v1_[A-Za-z0-9_]{{60,}}+{_R}"),
    _token("dynatrace_token", "dt0", rf"{_L}dt0[a-z]\d{{2}}\.[A-Za-z0-9]{{24}}\.[A-Za-z0-9]{{64}}{_R}"),
    _token("easypost_key", "ezak|eztk", rf"{_L}EZ[AT]K[A-Za-z0-9]{{54}}{_R}"),
    _token("gitlab_token", "gr1348941", rf"{_B}GR1348941[A-Za-z0-9_-]{{20}}"),
    _mixed("vault_token", "s.", r"(?<![A-Za-z0-9_.-])s\.(?=[a-zA-Z]{0,20}\d)[A-Za-z0-9]{24}(?![A-Za-z0-9_.(-])"),
    _mixed("adobe_secret", "p8e-", rf"{_L}p8e-[A-Za-z0-9]{{32}}{_R}"),
    _token("airtable_token", "pat", rf"{_L}pat[A-Za-z0-9]{{14}}\.[a-f0-9]{{64}}{_R}"),
    _mixed("alibaba_key", "ltai", rf"{_L}LTAI[A-Za-z0-9]{{12,20}}{_R}"),
    _mixed("artifactory_key", "akcp|cmvmd", rf"{_L}(?:AKCp[A-Za-z0-9]{{69}}|cmVmd[A-Za-z0-9]{{59}}){_R}"),
    _token(
        "authress_key",
        ".acc",
        rf"{_L}(?:sc|ext|scauth|authress)_[a-z0-9]{{5,30}}\.[a-z0-9]{{4,6}}\.acc[_-][a-z0-9-]{{10,32}}+\.[A-Za-z0-9+/_=-]{{30,120}}+",
    ),
    _token("aws_bedrock_key", "bedrock-api-key-", rf"{_L}bedrock-api-key-[A-Za-z0-9+/=]{{16,}}+"),
    _mixed("clickhouse_key", "4b1d", rf"{_L}4b1d[A-Za-z0-9]{{38}}{_R}"),
    _token("clojars_token", "clojars_", rf"{_L}CLOJARS_[A-Za-z0-9]{{60}}{_R}"),
    _token("duffel_token", "duffel_", rf"{_L}duffel_(?:test|live)_[A-Za-z0-9_=-]{{43}}"),
    Rule(
        kind="facebook_token",
        markers=("|",),
        pattern=re.compile(rf"{_L}\d{{15,16}}\|[A-Za-z0-9_-]{{27,40}}{_R}"),
        is_secret=is_no_dummy,
    ),
    _token("flutterwave_key", "flw", rf"{_L}FLW(?:SECK|PUBK)(?:_TEST)?-[a-h0-9]{{12,32}}(?:-X)?{_R}"),
    _token(
        "flyio_token", "fo1_|fm1|fm2_", rf"{_L}(?:fo1_[A-Za-z0-9_-]{{43}}|fm(?:1[ar]|2)_[A-Za-z0-9+/]{{60,}}+={{0,3}})"
    ),
    _token("frameio_token", "fio-u-", rf"{_L}fio-u-[A-Za-z0-9_=-]{{64}}"),
    _token("grafana_token", "eyjrijoi", rf"{_L}eyJrIjoi[A-Za-z0-9]{{50,}}+={{0,3}}"),
    _mixed("harness_key", "pat.|sat.", rf"{_L}[ps]at\.[A-Za-z0-9_-]{{22}}\.[A-Za-z0-9]{{24}}\.[A-Za-z0-9]{{20}}{_R}"),
    _token("heroku_key", "hrku-", rf"{_L}HRKU-[A-Za-z0-9_-]{{36,60}}+"),
    _mixed("infracost_key", "ico-", rf"{_L}ico-[A-Za-z0-9]{{32}}{_R}"),
    _token("intra_secret", "s-s4t2", rf"{_L}s-s4t2(?:ud|af)-[a-f0-9]{{64}}{_R}"),
    _token("maxmind_key", "_mmk", rf"{_L}[A-Za-z0-9]{{6}}_[A-Za-z0-9]{{29}}_mmk{_R}"),
    _mixed("octopus_key", "api-", rf"{_L}API-[A-Z0-9]{{26}}{_R}"),
    _token("openshift_token", "sha256~", rf"{_L}sha256~[A-Za-z0-9_-]{{43}}{_R}"),
    _token("prefect_key", "pnu_", rf"{_L}pnu_[A-Za-z0-9]{{36}}{_R}"),
    _token("readme_key", "rdme_", rf"{_L}rdme_[a-z0-9]{{70}}{_R}"),
    _mixed("scalingo_token", "tk-us-", rf"{_L}tk-us-[A-Za-z0-9_-]{{48}}{_R}"),
    _token("brevo_key", "xkeysib-", rf"{_L}xkeysib-[a-f0-9]{{64}}-[A-Za-z0-9]{{16}}{_R}"),
    _token("settlemint_token", "sm_", rf"{_L}sm_[aps]at_[A-Za-z0-9]{{16,}}+{_R}"),
    _token("shippo_token", "shippo_", rf"{_L}shippo_(?:live|test)_[a-fA-F0-9]{{40}}{_R}"),
    _token(
        "sourcegraph_token",
        "sgp_",
        rf"{_L}sgp_(?:(?:[a-fA-F0-9]{{16}}|local)_)?[a-fA-F0-9]{{40}}{_R}",
    ),
    _mixed("resend_key", "re_", rf"{_L}re_[A-Za-z0-9]{{8}}_[A-Za-z0-9]{{20,}}+{_R}"),
    _token("netlify_token", "nfp_|nfc_|nfo_|nfu_", rf"{_L}nf[pcou]_[A-Za-z0-9]{{36,}}+{_R}"),
    _token("pinecone_key", "pcsk_", rf"{_L}pcsk_[A-Za-z0-9]{{4,8}}_[A-Za-z0-9]{{40,}}+{_R}"),
    _mixed("bitbucket_token", "atbb", rf"{_L}ATBB[A-Za-z0-9]{{32}}{_R}"),
    _mixed("dropbox_token", "sl.", rf"{_L}sl\.(?:u\.)?[A-Za-z0-9_-]{{60,}}+"),
    _token("contentful_token", "cfpat-", rf"{_L}CFPAT-[A-Za-z0-9_-]{{40,}}+"),
    _mixed("posthog_key", "phx_", rf"{_L}phx_[A-Za-z0-9]{{40,}}+{_R}"),
    _token("together_key", "tgp_v1_", rf"{_L}tgp_v1_[A-Za-z0-9_-]{{40,}}+"),
    _mixed("firecrawl_key", "fc-", rf"{_L}fc-[0-9a-f]{{32}}{_R}"),
    _token("hubspot_token", "pat-", rf"{_L}pat-(?:na|eu|ap)\d-[0-9a-f-]{{36}}{_R}"),
    _token("azure_key", "jqqj99", rf"{_L}[A-Za-z0-9]{{40,60}}JQQJ99[A-Za-z0-9]{{20,32}}{_R}"),
    _token("aws_session_token", "iqojb3jpz2lu|fwogzxivyxdz", r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[A-Za-z0-9+/]{40,}+={0,2}"),
    _mixed("brave_key", "bsa", rf"{_BASE64_L}BSA[A-Za-z0-9_-]{{28}}{_BASE64_R}"),
    _mixed("jina_key", "jina_", rf"{_L}jina_[A-Za-z0-9_-]{{40,}}+"),
    _mixed("firebase_key", "aaaa", rf"{_BASE64_L}AAAA[A-Za-z0-9_-]{{7}}:[A-Za-z0-9_-]{{120,}}+"),
    _token("mapbox_token", "sk.eyj|p.eyj", rf"{_L}(?:sk|p)\.eyJ[A-Za-z0-9_-]{{20,}}+\.[A-Za-z0-9_-]{{20,}}+"),
    _mixed("asana_token", "1/|2/", rf"{_BASE64_L}[12]/\d{{15,17}}(?:/\d{{15,17}})?:[0-9a-f]{{32}}{_BASE64_R}"),
    _mixed("trello_token", "atta", rf"{_L}ATTA[0-9a-fA-F]{{60}}[0-9A-Za-z]{{0,16}}{_R}"),
    _mixed("microsoft_token", "0.a|1.a", rf"{_L}[01]\.A[A-Za-z0-9_-]{{150,}}+"),
    _mixed("vercel_token", "vcp_|vci_|vca_|vcr_|vck_", rf"{_L}vc[piark]_[A-Za-z0-9]{{24,}}+{_R}"),
    _token("vercel_token", "vercel_blob_rw_", rf"{_L}vercel_blob_rw_[A-Za-z0-9_]{{30,}}+{_R}"),
    _mixed("plaid_token", "access-", rf"{_L}access-(?:sandbox|development|production)-{_UUID}{_R}"),
    _mixed("launchdarkly_key", "sdk-|api-", rf"{_L}(?:sdk|api)-{_UUID}{_R}"),
    _mixed("wakatime_key", "waka_", rf"{_L}waka_{_UUID}{_R}"),
    _mixed("axiom_token", "xaat-|xapt-", rf"{_L}xa[ap]t-{_UUID}{_R}"),
    _mixed("cloudflare_token", "cfut_|cfat_|cfk_", rf"{_L}cf(?:ut|at|k)_[A-Za-z0-9]{{40,}}+{_R}"),
    _mixed("adafruit_key", "aio_", rf"{_L}aio_[A-Za-z0-9]{{28}}{_R}"),
    _mixed("typeform_token", "tfp_", rf"{_L}tfp_[A-Za-z0-9_=.-]{{40,}}+"),
    _mixed("yandex_token", "t1.", rf"{_L}t1\.[A-Za-z0-9_-]{{20,512}}+={{0,2}}\.[A-Za-z0-9_-]{{86}}"),
    _mixed("yandex_token", "aqvn", rf"{_BASE64_L}AQVN[A-Za-z0-9_-]{{35,38}}{_BASE64_R}"),
    _mixed(
        "twitter_token",
        "a" * 21,
        rf"{_BASE64_L}A{{21,22}}[A-Za-z0-9]{{1,60}}(?:%[23][0-9A-F][A-Za-z0-9]{{0,80}}){{1,6}}+",
    ),
    _mixed("rootly_key", "rootly_", rf"{_L}rootly_[0-9a-f]{{64}}{_R}"),
    _mixed("runpod_key", "rpa_", rf"{_L}rpa_[A-Z0-9]{{40}}[A-Za-z0-9]{{4,8}}{_R}"),
    _mixed("e2b_key", "e2b_", rf"{_L}e2b_[0-9a-f]{{40}}{_R}"),
    _mixed("neon_key", "napi_", rf"{_L}napi_[a-z0-9]{{64}}{_R}"),
    _mixed("telnyx_key", "key", rf"{_L}KEY[0-9A-Z]{{32}}_[A-Za-z0-9]{{22}}{_R}"),
    _mixed("salesforce_token", "00d", rf"{_L}00D[A-Za-z0-9]{{12,15}}![A-Za-z0-9._]{{80,}}+"),
    _mixed("logfire_token", "pylf_v", rf"{_L}pylf_v\d_(?:[a-z]{{2}}_)?[A-Za-z0-9]{{40,}}+{_R}"),
    _mixed("modal_token", "as-", rf"{_L}as-(?=[A-Z0-9]{{0,20}}[a-z])(?=[a-z0-9]{{0,20}}[A-Z])[A-Za-z0-9]{{22}}{_R}"),
    _mixed("llamacloud_key", "llx-", rf"{_L}llx-[A-Za-z0-9]{{40,}}+{_R}"),
    _mixed("mongodb_secret", "mdb_sa_sk_", rf"{_L}mdb_sa_sk_[A-Za-z0-9_-]{{40}}{_R}"),
    _mixed("aiven_password", "avns_", rf"{_L}AVNS_[A-Za-z0-9_-]{{19}}{_R}"),
    _token("mercury_token", "secret-token:", rf"{_L}secret-token:[A-Za-z0-9_-]{{20,}}+"),
    _mixed("polar_token", "polar_", rf"{_L}polar_[a-z]{{2,5}}_[A-Za-z0-9]{{40,}}+{_R}"),
    _mixed("lob_key", "live_|test_", rf"{_L}(?:live|test)_[0-9a-f]{{35}}{_R}"),
    _mixed("cockroach_key", "ccdb1_", rf"{_L}CCDB1_[A-Za-z0-9]{{22}}_[A-Za-z0-9]{{40}}{_R}"),
    _mixed("zuplo_key", "zpka_", rf"{_L}zpka_[0-9a-f]{{32}}_[0-9a-f]{{8}}{_R}"),
    _mixed("deno_token", "ddp_|ddo_", rf"{_L}dd[po]_[A-Za-z0-9]{{36}}{_R}"),
    _mixed("inngest_key", "signkey-", rf"{_L}signkey-[a-z]{{2,16}}-[0-9a-f]{{32,64}}+{_R}"),
    _mixed("trigger_key", "tr_", rf"{_L}tr_(?:prod|dev|stg|preview)_[A-Za-z0-9]{{20,24}}{_R}"),
    _mixed(
        "voyage_key", "pa-", rf"{_L}pa-(?=[A-Z0-9_-]{{0,40}}[a-z])(?=[a-z0-9_-]{{0,40}}[A-Z])[A-Za-z0-9_-]{{43}}{_R}"
    ),
    _mixed("snyk_token", "snyk_", rf"{_L}snyk_[a-z]{{2,4}}\.[0-9a-f]{{8}}\.[A-Za-z0-9_-]{{40,}}+"),
    _mixed("daytona_key", "dtn_", rf"{_L}dtn_[0-9a-f]{{64}}{_R}"),
    _mixed("browserbase_key", "bb_live_", rf"{_L}bb_live_[A-Za-z0-9_-]{{20,}}+"),
    _mixed("honeycomb_key", "hca|hcx", rf"{_L}hc[abx](?:ik|lk|mk)_[0-9a-z]{{58}}{_R}"),
    _mixed("growthbook_key", "secret_", rf"{_L}secret_(?:admin|readonly|user)_[A-Za-z0-9]{{40,}}+{_R}"),
    _mixed("liveblocks_key", "sk_prod_|sk_dev_", rf"{_L}sk_(?:prod|dev)_[A-Za-z0-9_-]{{40,}}+"),
    _mixed("render_key", "rnd_", rf"{_L}rnd_[A-Za-z0-9]{{24,}}+{_R}"),
    _token("brevo_key", "xsmtpsib-", rf"{_L}xsmtpsib-[a-f0-9]{{64}}-[A-Za-z0-9]{{12,}}+{_R}"),
    _token(
        "password_hash",
        "$apr1$|$1$|$5$|$6$|$y$|$2a$|$2b$|$2x$|$2y$|$argon2",
        r"\$(?:apr1|1|5|6|y|2[abxy]|argon2(?:id|i|d))\$[^\s:\"'\\<>,;]{20,512}+",
    ),
    _token(
        "password_hash",
        "{sha|{ssha|{smd5}|{crypt}|{pbkdf2",
        r"\{(?i:S?SHA(?:256|384|512)?|SMD5|CRYPT|PBKDF2[\w-]{0,12})\}[A-Za-z0-9+/$.]{16,}+={0,2}",
    ),
    Rule(
        kind="api_key",
        markers=_SAYS_KEY,
        pattern=re.compile(
            rf"{_L}(?:[a-z0-9]{{2,16}}[_-])?(?:(?:api|apikey|pat|secret|token|tok|oauth)[_-]|sk_)"
            rf"(?:(?:live|test|prod|v\d)[_-])?(?=[A-Z0-9]{{0,24}}[a-z])(?=[a-z0-9]{{0,24}}[A-Z])[A-Za-z0-9]{{24,256}}+{_R}"
        ),
        is_secret=is_mixed,
    ),
    _token(
        "private_key",
        "private-lines",
        r"PuTTY-User-Key-File(?:[^P]|P(?!rivate-MAC)){16,20000}+(?:Private-MAC: [0-9a-f]{16,}+)?",
    ),
    PRIVATE_KEYS,
)
"""Each format begins with a literal of its own, so its markers are cheap."""
