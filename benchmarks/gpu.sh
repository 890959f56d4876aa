#!/usr/bin/env bash
# Everything that a GPU is wanted for, within ten minutes, into one JSON file (gpu.json) and a log (gpu.log):
#
#     bash benchmarks/gpu.sh --source cifar10.npz --out FOLDER
#
#     --source FILE    images for the accuracy: torchvision's folder, or an .npz; without it that step says so
#     --out FOLDER     for both files; default $OUT, else here. Findings that lie there already are kept
#     --budget S       seconds for all steps; default 540. What a step leaves over goes to those after it
#     --steps "A B"    these steps alone, in this order
#     --device cpu     the same in small on a machine without a GPU
#
# Needs a Python with torch and numpy: $PYTHON, else python3. Changes nothing on the card. A step that fails or outlives
# its part does not stop the next; what it had found is in the file.
set -u
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
source="" out=${OUT:-.} budget=540 device=cuda steps="facts checks speed sharing latency accuracy"
while [ $# -gt 0 ]; do
  case $1 in
    --source) source=$2 ;;
    --out) out=$2 ;;
    --budget) budget=$2 ;;
    --steps) steps=$2 ;;
    --device) device=$2 ;;
    *) echo "gpu.sh: unknown argument $1; see its first lines" >&2; exit 2 ;;
  esac
  shift 2
done

weight() { # parts of the time that is left
  case $1 in facts) echo 4 ;; checks) echo 26 ;; speed) echo 12 ;; sharing) echo 20 ;; latency) echo 7 ;; *) echo 31 ;; esac
}

export PYTHONUNBUFFERED=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-4}
mkdir -p "$out" || exit 1
log=$out/gpu.log
failed=0
set -- $steps
while [ $# -gt 0 ]; do
  all=0
  for step in "$@"; do all=$((all + $(weight "$step"))); done
  part=$(((budget - SECONDS) * $(weight "$1") / all))
  began=$SECONDS
  if [ "$part" -lt 5 ]; then
    echo "== $1: no time left" | tee -a "$log"
    break
  fi
  echo "== $1: $part s at most" | tee -a "$log"
  timeout -k 5 "$part" "$python" "$here/gpu.py" "$1" --device "$device" --out "$out/gpu.json" \
    --seconds "$((part - 4))" --source "$source" >>"$log" 2>&1
  rc=$?
  echo "== $1: exit code $rc after $((SECONDS - began)) s" | tee -a "$log"
  [ "$rc" -eq 0 ] || failed=1
  shift
done
cat "$out/gpu.json"
exit "$failed"
