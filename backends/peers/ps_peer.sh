#!/bin/sh
# ps as a collector that psbench talks to (PROTOCOL.md): the least that does. Each get runs ps anew, so it is `uncached`.
# The lines of psbench are compact, so that a pattern can read them.
key() { expr "$line" : ".*\"$1\":\"*\([a-z_0-9]*\)"; }
list() { expr "$line" : ".*\"$1\":\[\([^]]*\)" | tr -d '"' | tr , ' '; }
get() { # PID FIELD
  case $2 in name) column=comm ;; ppid) column=ppid ;; nice) column=ni ;; num_threads) column=nlwp ;; esac
  if ! value=$(ps -o "$column=" -p "$1"); then
    echo '"status":"gone"'
  elif [ "$column" = comm ]; then # every byte escaped: it may be anything
    printf %s "$value" | od -An -v -tx1 | tr -d '\n' | sed 's/ \(..\)/\\\\x\1/g; s/.*/"status":"ok","escaped":true,"value":"&"/'
  else
    echo "\"status\":\"ok\",\"value\":$((value))"
  fi
}
repeat() {
  start=$(date +%s%N)
  for i in $(seq "$(key times)"); do for pid in $(list pids); do for field in $(list fields); do get "$pid" "$field"; done; done; done >/dev/null
  echo "\"ns\":$(($(date +%s%N) - start))"
}
while read -r line; do
  case $(key ask) in
    hello) answer='"protocol":1,"name":"ps","about":"the command ps","claims":["name","ppid","nice","num_threads"],"variants":["uncached"]' ;;
    pids) answer="\"pids\":[$(ps -A -o pid= | tr -d ' ' | paste -sd, -)]" ;;
    get) answer=$(get "$(key pid)" "$(key field)") ;;
    repeat) answer=$(repeat) ;;
    bye) exit 0 ;;
    *) answer= ;;
  esac
  printf '{"id":%s%s}\n' "$(key id)" "${answer:+,$answer}"
done
