"""Tells what happened in the sweeps, also where they ran in other processes."""

from __future__ import annotations

import pytest

STORY = "story"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests recorded as their `story`."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    stories = [str(told) for report in reports for name, told in report.user_properties if name == STORY]
    if stories:
        terminalreporter.section("what happened")
        for story in sorted(stories):
            terminalreporter.write_line(story)
