#!/usr/bin/env python3
"""Does each test notice that what it tests is gone? For every row of expected/expected.txt the forward of its descriptor
is replaced by zeros (NEURO_TEST_ZERO, support/zero_forward.cpp), and the row's test must fail then, and only then.

    python3 tests/mutate.py [BUILD]      BUILD: build/release unless given; rows marked `planned` are left out
"""
import os
import pathlib
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parent


def rows():
    for line in (TESTS / "expected" / "expected.txt").read_text().splitlines():
        words = line.split("#")[0].split()
        if words and words[-1] != "planned":
            yield words


def run(binary, tests, zeroed=None):
    """The tests that failed, and whether the program came to its end."""
    environment = dict(os.environ, **({"NEURO_TEST_ZERO": zeroed} if zeroed else {}))
    try:
        done = subprocess.run([binary, "--gtest_filter=" + ":".join(tests)], env=environment, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    except subprocess.TimeoutExpired:
        return set(), "takes more than 120 s"
    out = done.stdout
    failed = {line.split("]")[1].split(",")[0].split("(")[0].strip()
              for line in out.splitlines() if line.startswith("[  FAILED  ]")}
    passed = {line.split("]")[1].split("(")[0].strip() for line in out.splitlines() if line.startswith("[       OK ]")}
    if done.returncode not in (0, 1):
        return failed, f"ended with {done.returncode}: {out.strip().splitlines()[-1] if out.strip() else ''}"
    if zeroed and f"zeroed: {zeroed}\n" not in out:
        return failed, "was not zeroed"
    unknown = set(tests) - failed - passed
    return failed, f"has no test {unknown.pop()}" if unknown else None


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else TESTS.parent / "build" / "release") / "bin"
    wanted = list(rows())
    problems = 0
    for program in sorted({test.split(":")[0] for _, _, _, test in wanted}):
        tests = {test.split(":", 1)[1] for _, _, _, test in wanted if test.split(":")[0] == program}
        failed, problem = run(build / program, sorted(tests))
        for test in sorted(failed) + ([problem] if problem else []):
            print(f"{program} as it is: {test}")
            problems += 1
    for kind, name, descriptor, test in wanted:
        program, test = test.split(":", 1)
        if descriptor == "-":
            print(f"{kind:<10} {name:<29} is no operation: {test} was run as it is", flush=True)
            continue
        failed, problem = run(build / program, [test], name if descriptor == "-" else descriptor)
        verdict = problem or ("notices" if test in failed else "DOES NOT NOTICE")
        problems += verdict != "notices"
        print(f"{kind:<10} {name:<29} without {descriptor:<29} {test} {verdict}", flush=True)
    print(f"{len(wanted)} rows, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
