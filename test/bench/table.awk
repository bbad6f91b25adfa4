# The figures of all rounds ("NAME VALUE" a line) as a table of their medians.

{ if (!count[$1]) name_of[++names] = $1; value[$1, ++count[$1]] = $2 + 0 }

function median(name,    n, i, j, swap, sorted) {
  n = count[name]
  for (i = 1; i <= n; i++) sorted[i] = value[name, i]
  for (i = 1; i <= n; i++)
    for (j = i + 1; j <= n; j++)
      if (sorted[j] < sorted[i]) { swap = sorted[i]; sorted[i] = sorted[j]; sorted[j] = swap }
  return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

# Goals are "<= X" or ">= X"; they hold for the ratio.
function met(ratio, goal,    bound) {
  if (goal == "") return ""
  bound = substr(goal, 4) + 0
  return (goal ~ /^<=/ ? ratio <= bound : ratio >= bound) ? "yes" : "NO"
}

function row(what, ours, reference, format, goal,    ratio) {
  ratio = reference == 0 ? 0 : ours / reference
  printf "| %s | " format " | " format " | %.3f | %s | %s |\n", what, ours, reference, ratio, goal,
         met(ratio, goal)
}

function rows(what, ours, bare, goal) {
  row(what ": requests/s", median(ours "_rps"), median(bare "_rps"), "%.0f", goal)
  row(what ": p50, ms", median(ours "_p50"), median(bare "_p50"), "%.3f", "")
  row(what ": p99, ms", median(ours "_p99"), median(bare "_p99"), "%.3f", "")
}

END {
  print "| what | our figure | reference figure | ratio | goal | met |"
  print "|---|---|---|---|---|---|"
  if (dashboard_sizes) {
    dashboard_rows()
    exit
  }
  if (count["ours_1_rps"]) request_rows()
  if (count["sealed_cpu"]) audit_rows()
  if (!count["submit_rps"]) exit
  job_rows()
  if (count["ours_1_rps"]) {
    other_rows()
    claim_rows()
  }
  notes()
}

function request_rows() {
  rows("1 client, answers at once", "ours_1", "bare_1", "")
  row("1 client: p50 added, ms / two commits + 0.3 ms", median("ours_1_p50") - median("bare_1_p50"),
      2 * median("commit_p50") + 0.3, "%.3f", "<= 1")
  rows("16 clients, answers at once", "ours_16", "bare_16", "")
  rows("64 clients, answers at once", "ours_64", "bare_64", ">= 0.25")
  rows("256 clients, answers at once", "ours_256", "bare_256", "")
  rows("256 clients, answers after 500 ms", "ours_delayed", "bare_delayed", "")
  row("256 clients, 500 ms: requests/s / ideal", median("ours_delayed_rps"), 512, "%.0f", ">= 0.95")
}

# Both as the worker does it in the same round, with the chain and without; and the whole chain beside
# hashing the same rows in SQL.
function audit_rows() {
  row("processor time of the worker for a request with the chain / without, us", median("sealed_cpu"),
      median("unsealed_cpu"), "%.1f", "<= 1.1")
  row("64 clients, with the chain: requests/s / without", median("sealed_rps"), median("unsealed_rps"), "%.0f", ">= 0.9")
  row("64 clients, with the chain: p50, ms / without", median("sealed_p50"), median("unsealed_p50"), "%.3f", "")
  row("verify_audit_chain(): rows/s / the bar", median("verified_rps"), 200000, "%.0f", ">= 1")
  row("verify_audit_chain(): rows/s / sha256() of each row as text in SQL", median("verified_rps"), median("hashed_rps"), "%.0f", "")
}

# Each of those at once is answered after 2 s: half as many a second at best.
function job_rows(    n, what, delayed, quick) {
  for (n = 1; n <= 2; n++) {
    what = n == 1 ? "jobs, 1 worker, " : "jobs, 2 workers, "
    delayed = "jobs_delayed_" n
    quick = "jobs_quick_" n
    row(what "answers after 2 s, " at_once " at once: jobs/s / ideal", median(delayed "_rps"), at_once / 2, "%.0f", ">= 0.85")
    row(what "memory for a job in flight, KB / the bar", median(delayed "_kb"), 64, "%.1f", "<= 1")
    row(what "answers at once: jobs/s / the bar", median(quick "_rps"), 5000, "%.0f", ">= 1")
    row(what "answers at once: jobs/s / plain client", median(quick "_rps"), median("bare_jobs_rps"), "%.0f", "")
  }
  row("submit_workflow, 100,000 in one statement: rows/s / plain INSERT of them", median("submit_rps"),
      median("insert_rps"), "%.0f", "")
}

function other_rows() {
  row("token_cost() over " rows_in_millions() " rows / inline arithmetic, ms", median("cost_ours"),
      median("cost_inline"), "%.0f", "<= 1.3")
  schema_rows()
  token_rows()
}

function notes() {
  printf "\nProcessor time of the worker for one job, in microseconds: %.0f with 2 s, %.0f at once.\n",
         median("jobs_delayed_1_cpu"), median("jobs_quick_1_cpu")
  if (!count["ours_1_rps"]) return
  printf "Processor time of the worker for one request, in microseconds: %.0f at 1 client, %.0f at" \
         " 16, %.0f at 64, %.0f at 256.\nA commit of one row of 1 KB: p50 %.3f ms, %.0f a second.\n",
         median("ours_1_cpu"), median("ours_16_cpu"), median("ours_64_cpu"), median("ours_256_cpu"),
         median("commit_p50"), median("commit_rps")
}

# Nothing when schema_bench did not run; RapidJSON may be missing.
function schema_rows() {
  if (!count["schema_whole"]) return
  row("schema check of 20 KB, MB/s / the bar", median("schema_whole"), 150, "%.0f", ">= 1")
  row("schema check, ns for 4 bytes / the bar", 4000 / median("schema_pieces_4"), 100, "%.1f", "<= 1")
  row("schema check, MB/s / nlohmann parse", median("schema_whole"), median("nlohmann_parse"), "%.0f", "")
  row("schema check and tree, MB/s / nlohmann parse", median("schema_and_tree"),
      median("nlohmann_parse"), "%.0f", "")
  row("our tree, MB/s / nlohmann parse", median("read_json_value"), median("nlohmann_parse"), "%.0f", "")
  if (!count["rapidjson_parse"]) return
  row("schema check, MB/s / RapidJSON parse", median("schema_whole"), median("rapidjson_parse"),
      "%.0f", "")
  row("our tree, MB/s / RapidJSON parse", median("read_json_value"), median("rapidjson_parse"),
      "%.0f", "")
}

function token_rows() {
  token_row("english", "English", 12, 6)
  token_row("code", "code and JSON", 12, 6)
  token_row("multilingual", "multilingual", 6, 0)
  row("tokens in SQL, English, MB/s / the library", median("tokens_sql"), median("tokens_english"), "%.1f", "")
  row("tokens of the slowest 1 MB piece, ms / the bar", median("tokens_worst"), 100, "%.1f", "<= 1")
  row("first count_tokens() of a session, ms / the bar", median("tokens_first_call"), 5, "%.2f", "<= 1")
}

# Rows beside the packages of npm, when they were there.
function token_row(name, what, goal, second_goal) {
  if (count["tiktoken_" name])
    row("tokens, " what ", MB/s / npm tiktoken", median("tokens_" name), median("tiktoken_" name), "%.1f", ">= " goal)
  if (count["gpt_tokenizer_" name])
    row("tokens, " what ", MB/s / gpt-tokenizer", median("tokens_" name), median("gpt_tokenizer_" name), "%.1f",
        second_goal ? ">= " second_goal : "")
}

# Against the shortest queue: as SQL, without the commit. A claim lasts about as long as the slices
# that a busy machine hands out, so the quickest of each round says more than the median.
function claim_rows(    n, i, length_of, groups) {
  n = split(queues, length_of, " ")
  for (groups = 1; groups <= 50; groups += 49)
    for (i = 2; i <= n; i++) {
      claim_row("claim_0", "claim 100 jobs, quickest of 20", length_of[i], length_of[1], groups, "<= 2.5")
      claim_row("claim_50", "claim 100 jobs, p50", length_of[i], length_of[1], groups, "")
      claim_row("groups_0", "find the groups", length_of[i], length_of[1], groups, "")
    }
}

function claim_row(step, what, long, short, groups, goal) {
  row(what ", " groups " role" (groups > 1 ? "s" : "") ", " long " queued, ms / " short " queued",
      median(step "_" long "_" groups), median(step "_" short "_" groups), "%.3f", goal)
}

# A year by day from the roll-ups, beside the bar and beside the same figures from the ledger; a week
# from the ledger; and how the time of all views by day grows with the calls.
function dashboard_rows(    n, i, j, size_of, name, calls, total) {
  n = split(dashboard_sizes, size_of, " ")
  for (i = 1; i <= n; i++) {
    calls = size_of[i] / 1000000 " million calls"
    for (j = 1; j <= names; j++) {
      name = name_of[j]
      if (sub("^daily_" size_of[i] "_", "", name)) {
        row(name ", a year of " calls ": ms / the bar", median(name_of[j]), 50, "%.1f", "<= 1")
        total[i] += median(name_of[j])
        if (count["directly_" size_of[i] "_" name])
          row(name ", a year of " calls ": ms / directly", median(name_of[j]),
              median("directly_" size_of[i] "_" name), "%.1f", "<= 0.05")
      } else if (sub("^week_" size_of[i] "_", "", name))
        row(name ", 7 days of " calls ": ms / the bar", median(name_of[j]), 300, "%.1f", "<= 1")
    }
  }
  for (i = 2; i <= n; i++)
    row("all views by day, a year of " size_of[i] / 1000000 " million calls / of " size_of[i - 1] / 1000000 " million, ms",
        total[i], total[i - 1], "%.1f", "<= 1.3")
}

function rows_in_millions() { return cost_rows / 1000000 " million" }
