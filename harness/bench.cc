// bench.cc: the only C++ file. Google Benchmark keeps global state, so one run at a time.
#include "bench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

namespace
{

constexpr int kRepetitions = 5;

class Collector : public benchmark::BenchmarkReporter
{
  public:
    bool ReportContext(const Context &) override
    {
        return true;
    }

    void ReportRuns(const std::vector<Run> &runs) override
    {
        for (const Run &run : runs)
            if (run.run_type == Run::RT_Iteration && run.iterations > 0)
                ns.push_back(run.real_accumulated_time * 1e9 / static_cast<double>(run.iterations));
    }

    std::vector<double> ns;
};

constexpr std::size_t kBatch = 16; // passes at a time, where the side keeps the time itself

void Pass(benchmark::State &state, psb_bench *bench)
{
    if (!bench->timed) {
        for (auto _ : state)
            bench->run(bench->argument);
        return;
    }
    while (state.KeepRunningBatch(kBatch)) {
        double ns = bench->timed(bench->argument, 2, kBatch);
        if (ns <= 0) {
            state.SkipWithError("it cannot be timed");
            return;
        }
        state.SetIterationTime(ns / 1e9);
    }
}

void Measure(psb_bench *bench, double seconds)
{
    benchmark::ClearRegisteredBenchmarks();
    auto *pass = benchmark::RegisterBenchmark("pass", Pass, bench)
                     ->MinTime(seconds / kRepetitions)
                     ->Repetitions(kRepetitions);
    if (bench->timed)
        pass->UseManualTime();
    else
        pass->UseRealTime();
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector, ".");
    std::sort(collector.ns.begin(), collector.ns.end());
    if (!collector.ns.empty()) {
        bench->ns = collector.ns[collector.ns.size() / 2];
        bench->min_ns = collector.ns.front();
    }
}

} // namespace

extern "C" bool psb_bench_run(psb_bench *bench, size_t count, double seconds)
{
    try {
        for (size_t i = 0; i < count; i++) {
            bench[i].ns = bench[i].min_ns = 0;
            Measure(&bench[i], seconds);
            if (bench[i].ns <= 0)
                return false;
        }
        return true;
    } catch (...) {
        return false;
    }
}

extern "C" const char *psb_bench_version(void)
{
    return PSB_BENCHMARK_VERSION;
}
