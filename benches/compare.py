#!/usr/bin/env python3
"""Our training steps beside PyTorch's, interleaved in one run on this machine.

usage: benches/compare.py [--build build/release] [--threads 1,2] [--rounds 9]

Each round measures a case once with us and once with PyTorch, in alternating order; printed are the medians of both and
the median of the pairs' ratios (PyTorch's time over ours) with its quartiles. PyTorch runs in its best configuration on
Debian: libopenblas0-openmp, OMP_NUM_THREADS set, malloc told to keep its memory. Without python3-torch the comparison is
skipped and says so; our own times are printed all the same.
"""
import argparse
import glob
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PYTHON = "/usr/bin/python3"  # Debian's, which sees python3-torch


def torch_environment(threads):
    env = dict(os.environ, OMP_NUM_THREADS=str(threads), MALLOC_MMAP_THRESHOLD_="4294967296",
               MALLOC_TRIM_THRESHOLD_="8589934592")
    openmp = glob.glob("/usr/lib/*/openblas-openmp/libopenblas.so.0")
    if openmp:
        env["LD_LIBRARY_PATH"] = os.path.dirname(openmp[0])
    return env


class Worker:
    def __init__(self, command, env):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        assert self.process.stdout.readline().strip() == "ready", f"{command[0]} did not start"

    def measure(self, case):
        self.process.stdin.write(case + "\n")
        self.process.stdin.flush()
        name, seconds = self.process.stdout.readline().split()
        assert name == case
        return float(seconds)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def report(case, threads, ours, theirs, wanted):
    line = f"{case:<18} threads {threads}   ours {statistics.median(ours) * 1e3:9.4f} ms"
    if theirs:
        ratios = sorted(t / o for o, t in zip(ours, theirs))
        quartiles = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else [ratios[0]] * 3
        line += (f"   PyTorch {statistics.median(theirs) * 1e3:9.3f} ms   ratio {statistics.median(ratios):7.2f}"
                 f"  [{quartiles[0]:.2f}, {quartiles[2]:.2f}]   wanted {wanted}")
    else:
        line += "   PyTorch skipped: python3-torch is not installed"
    print(line, flush=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", default=os.path.join(ROOT, "build/release"))
    options.add_argument("--threads", default="1,2")
    options.add_argument("--rounds", type=int, default=9)
    args = options.parse_args()
    have_torch = subprocess.run([PYTHON, "-c", "import torch"], capture_output=True).returncode == 0
    wanted = {"xor_1000_epochs": 80, "mlp_step": 1.6}

    for threads in map(int, args.threads.split(",")):
        ours = Worker([os.path.join(args.build, "bin/bench_peer"), str(threads)], dict(os.environ))
        theirs = Worker([PYTHON, os.path.join(HERE, "peer_torch.py"), str(threads)], torch_environment(threads)) if have_torch else None
        for case in wanted:
            a, b = [], []
            for round_ in range(args.rounds):
                for side in ((0, 1) if round_ % 2 else (1, 0)):
                    if side == 0:
                        a.append(ours.measure(case))
                    elif theirs:
                        b.append(theirs.measure(case))
            report(case, threads, a, b, wanted[case])
        ours.close()
        if theirs:
            theirs.close()

    # The main job as whole processes: config, data, checkpoints and log included.
    nsrun = os.path.join(args.build, "bin/nsrun")
    a, b = [], []
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.path.join(ROOT, "examples"), os.path.join(folder, "examples"))
        for round_ in range(args.rounds):
            def we():
                shutil.rmtree(os.path.join(folder, "checkpoints"), ignore_errors=True)
                start = time.perf_counter()
                subprocess.run([nsrun, "train", "examples/xor_config.yml"], cwd=folder, check=True, capture_output=True)
                a.append(time.perf_counter() - start)

            def they():
                start = time.perf_counter()
                subprocess.run([PYTHON, os.path.join(HERE, "peer_torch.py"), "--whole-xor", "examples/data/xor_train.jsonl",
                                os.path.join(folder, "xor.pt")], cwd=folder, check=True, env=torch_environment(1))
                b.append(time.perf_counter() - start)

            for run in ((we, they) if round_ % 2 else (they, we)):
                if run is we or have_torch:
                    run()
    report("xor_process", 1, a, b, 30)


if __name__ == "__main__":
    sys.exit(main())
