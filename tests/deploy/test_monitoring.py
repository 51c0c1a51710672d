"""What wakes somebody, and what they look at then: read by Prometheus' own tool."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.console.stack.application import ALL
from tests.deploy.project import ROOT, env_file, written

PROMTOOL = shutil.which("promtool")
FOLDER = ROOT / "config" / "prometheus"
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed: apt-get install prometheus"
)
ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((ROOT / "config" / "grafana" / "dashboards" / "haoping.json").read_text())
TARGETS = [target for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
SHOWN = [target["expr"] for target in TARGETS]
HEADINGS = re.findall(r"(?m)^## (\w+)$", (ROOT / "docs" / "alerts.md").read_text())
OURS = {
    "haoping_presses_total": "protocol outcome",
    "haoping_http_requests_total": "method route status",
    "haoping_http_request_seconds_bucket": "method route le",
    "haoping_messages_total": "queue outcome",
    "haoping_batch_size_bucket": "queue le",
    "haoping_message_age_seconds_bucket": "queue le",
    "haoping_outbox_waiting": "collection",
    "haoping_outbox_oldest_seconds": "collection",
    "haoping_timer_failures_total": "timer",
    "haoping_ready": "",
    "haoping_quarantine_rows": "state",
    "haoping_devices_silent": "",
    "haoping_channels_silent": "",
    "haoping_cases_open": "",
    "haoping_cases_overdue": "",
    "haoping_tallies_waiting": "",
    "haoping_tallies_oldest_seconds": "",
}
"""What our services count, with its labels; Prometheus adds `service` and `instance`."""
ADDED = {"service", "instance", "job"}
SERIES = re.compile(r"(haoping_\w+)(?:\{([^}]*)\})?")


def promtool(*words: str) -> str:
    """What it says when it is content. Raises AssertionError with what it says when it is not."""
    done = subprocess.run(
        [str(PROMTOOL), *words], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_prometheus_takes_its_configuration_and_the_rules() -> None:
    for name in ("prometheus.yaml", "one-machine.yaml"):
        assert f"{len(ALERTS)} rules found" in promtool("check", "config", name)


@needs_promtool
def test_each_alert_comes_when_it_should_and_stays_away_when_it_should_not() -> None:
    assert "SUCCESS" in promtool("test", "rules", "alerts.test.yaml")


def test_each_alert_is_seen_to_come() -> None:
    tests = yaml.safe_load((FOLDER / "alerts.test.yaml").read_text())["tests"]
    come = {
        each["alertname"] for t in tests for each in t["alert_rule_test"] if each.get("exp_alerts")
    }
    assert come == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_each_alert_says_how_much_it_matters_and_where_to_read_what_to_do(
    rule: dict[str, Any],
) -> None:
    assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})
    assert rule["annotations"]["runbook"] == f"docs/alerts.md#{rule['alert'].lower()}"
    assert rule["alert"] in HEADINGS


def test_the_page_of_alerts_has_no_alert_that_there_is_not() -> None:
    assert [rule["alert"] for rule in ALERTS] == HEADINGS


@pytest.mark.parametrize("expression", [rule["expr"] for rule in ALERTS] + SHOWN)
def test_rules_and_dashboard_ask_only_for_what_is_counted(expression: str) -> None:
    for name, labels in SERIES.findall(expression):
        asked = set(re.findall(r"(\w+)\s*(?:=|!=|=~|!~)", labels))
        assert name in OURS
        assert asked <= {*OURS[name].split(), *ADDED}
    grouped = {w for by in re.findall(r"by \(([^)]*)\)", expression) for w in by.split(", ")}
    known = {label for labels in OURS.values() for label in labels.split()}
    assert grouped <= known | ADDED


def test_everything_that_is_counted_is_shown() -> None:
    assert set(OURS) - {name for each in SHOWN for name, _ in SERIES.findall(each)} == {
        "haoping_ready"  # one that is not is an alert
    }


@needs_promtool
def test_prometheus_understands_every_panel_of_the_dashboard(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": each.replace("$__rate_interval", "1m")}
        for number, each in enumerate(SHOWN)
    ]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", str(file))


def test_the_dashboard_is_found_and_asks_the_datasource_that_is_there() -> None:
    provisioning = ROOT / "config" / "grafana" / "provisioning"
    [source] = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())[
        "datasources"
    ]
    [provider] = yaml.safe_load((provisioning / "dashboards" / "haoping.yaml").read_text())[
        "providers"
    ]
    mounted = written()["services"]["grafana"]["volumes"]
    assert source["url"] == "http://prometheus:9090"
    assert f"./config/grafana/dashboards:{provider['options']['path']}:ro" in mounted
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_prometheus_asks_every_service_and_every_node_of_the_broker() -> None:
    jobs = {
        each["job_name"]: each
        for each in yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"]
    }
    [asked] = jobs["haoping"]["dns_sd_configs"]
    services = written()["services"]
    ours = {name for name, each in services.items() if "WEB_SERVER_ADDRESS" in str(each)}
    assert set(asked["names"]) == ours - {"operator"}
    [broker] = jobs["rabbitmq"]["dns_sd_configs"]
    aliases = {
        name
        for name, each in services.items()
        if isinstance(each.get("networks"), dict)
        and broker["names"][0] in each["networks"]["inside"].get("aliases", ())
    }
    assert aliases == {"rabbitmq", "rabbitmq-2", "rabbitmq-3"}
    assert "rabbitmq_prometheus" in (ROOT / "config" / "rabbitmq" / "enabled_plugins").read_text()


def test_a_prometheus_of_one_s_own_asks_every_service_where_systemd_runs_it() -> None:
    told = yaml.safe_load((FOLDER / "one-machine.yaml").read_text())["scrape_configs"]
    jobs = {each["job_name"]: each["static_configs"] for each in told}
    asked = {each["labels"]["service"]: each["targets"] for each in jobs["haoping"]}
    systemd = ROOT / "config" / "systemd"
    assert asked == {
        name: [env_file(systemd / f"{name}.env")["WEB_SERVER_ADDRESS"]] for name in ALL
    }


def test_the_jobs_that_alerts_go_by_are_asked_and_told_of() -> None:
    named = set(re.findall(r'job="(\w+)"', " ".join(rule["expr"] for rule in ALERTS)))
    page = (ROOT / "docs" / "running.md").read_text("utf-8")
    for file in ("prometheus.yaml", "one-machine.yaml"):
        jobs = yaml.safe_load((FOLDER / file).read_text())["scrape_configs"]
        assert named <= {each["job_name"] for each in jobs}
    assert "have to be called " + " and ".join(f"`{each}`" for each in sorted(named)) in page


def test_whoever_is_called_can_ask_the_prometheus_of_the_containers() -> None:
    """It publishes no port, so it is asked inside."""
    page = (ROOT / "docs" / "alerts.md").read_text("utf-8")
    assert "ports" not in written()["services"]["prometheus"]
    assert "docker compose exec prometheus promtool query instant http://127.0.0.1:9090 " in page
