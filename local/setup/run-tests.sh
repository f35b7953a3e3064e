#!/usr/bin/env bash
# Everything that must hold: lint, core without Airflow and with its branch coverage, then all other tests.
# Two lanes run side by side: in one real processes mostly wait for each other, the other computes; the one that is
# done first helps the other.
# All parts run, even if one fails. Needs neither a terminal nor input.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec </dev/null

local/setup/install-debian-packages.sh

source local/setup/forget-settings.sh

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
pytest=(.venv-test/bin/python -m pytest)

# Runs a part, notes how it ended, and prints its output in one piece when it is over.
part() {
    local title=$1 state=passed started=$SECONDS
    shift
    "$@" >"$results/$title.log" 2>&1 || state=failed
    {
        echo
        echo "--- $title ($state after $((SECONDS - started)) s)"
        cat "$results/$title.log"
    } >"$results/$title.text"
    flock "$results" cat "$results/$title.text"
    echo "$state" >"$results/$title.state"
}

# Parts that mostly compute, the longest first; each lane takes the next one that nobody has taken.
# Airflow is configured at its first import: the tests of the skin need a process of their own.
computing=("the Airflow skin" "warehouse contracts" "everything else" "core, without Airflow" "the stand-in" "floors" "lint")

compute() {
    case $1 in
    "lint") part "$1" local/setup/run-lint.sh ;;
    "core, without Airflow")
        part "$1" "${pytest[@]}" tests/core --cov --cov-branch --cov-report=term-missing --cov-fail-under=90
        ;;
    "the Airflow skin") part "$1" "${pytest[@]}" tests/provider ;;
    "floors") part "$1" local/setup/run-floors.sh brief ;;
    "the stand-in") part "$1" "${pytest[@]}" tests/local/warehouse ;;
    "warehouse contracts") part "$1" "${pytest[@]}" tests/contracts ;;
    "everything else")
        part "$1" "${pytest[@]}" tests --ignore=tests/core --ignore=tests/provider --ignore=tests/local \
            --ignore=tests/system --ignore=tests/contracts
        ;;
    esac
}

computing_lane() {
    local number
    for number in "${!computing[@]}"; do
        # Making a folder succeeds for one of the two lanes only.
        if mkdir "$results/taken-$number" 2>/dev/null; then compute "${computing[number]}"; fi
    done
}

# Stacks of processes never run two at a time: they would wait too long for each other.
waiting_lane() {
    part "the stack" "${pytest[@]}" tests/local --ignore=tests/local/warehouse
    part "whole systems" "${pytest[@]}" tests/system
    computing_lane
}

waiting_lane &
computing_lane
wait

failed=$(grep -L passed "$results"/*.state || true)
if [ -n "$failed" ] || [ "$(find "$results" -name '*.state' | wc -l)" -ne 9 ]; then
    echo "Failed:" >&2
    for state in $failed; do basename "$state" .state >&2; done
    exit 1
fi
echo
echo "All parts passed after $SECONDS s."
