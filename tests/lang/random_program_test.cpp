// Programs drawn at random: what the checker infers is what runs, and what cannot run is refused. What a program must
// do comes from the generator (random_program/), which knows the language's rules and none of the library's code.
// NEURO_RANDOM_PROGRAMS=1000:5000 draws these seeds.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>

#include "random_program/sketch.h"
#include "running.h"

namespace neuro {
namespace {

struct Seeds {
  std::uint64_t first = 0, last = 200;
};
Seeds seeds() {
  Seeds s;
  if (const char* wanted = std::getenv("NEURO_RANDOM_PROGRAMS")) {
    char* colon = nullptr;
    s.first = std::strtoull(wanted, &colon, 10);
    s.last = *colon == ':' ? std::strtoull(colon + 1, nullptr, 10) : s.first + 1;
  }
  return s;
}

Params params_of(const sketch::Program& program) {
  Params params;
  for (const auto& [name, value] : program.args) {
    if (program.flags.count(name) > 0) {
      params[name] = value != 0;
    } else {
      params[name] = value;
    }
  }
  return params;
}

std::vector<Tensor> tensors(const sketch::Program& program, const std::vector<sketch::Sizes>& sizes,
                            std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Tensor> all;
  for (const sketch::Sizes& s : sizes) {
    const Shape shape(s);
    std::vector<float> values;
    for (std::int64_t i = 0; i < shape.elements(); ++i) {
      const auto whole = static_cast<std::int64_t>(random() % 4096);
      values.push_back(program.vocabulary > 0 ? static_cast<float>(whole % program.vocabulary)
                                              : static_cast<float>(whole) / 2048.f - 1.f);
    }
    const Tensor numbers = Tensor::from(std::span<const float>(values), shape);
    all.push_back(program.vocabulary > 0 && seed % 2 == 0 ? numbers.to(DType::i64) : numbers);
  }
  return all;
}

std::vector<sketch::Sizes> shapes_of(const std::vector<Tensor>& values) {
  std::vector<sketch::Sizes> all;
  for (const Tensor& t : values) all.emplace_back(t.shape().begin(), t.shape().end());
  return all;
}

/// The problems of a program that is refused, or "".
std::string refusal(const Program& program, const Params& params, Model& model) {
  std::string all;
  const auto collect = [&](const Diagnostics& diagnostics) {
    for (const Diagnostic& d : diagnostics.items()) {
      if (d.severity == Severity::error) all += d.code + " " + d.title + "\n";
    }
  };
  collect(program.diagnostics());
  if (!all.empty()) return all;
  try {
    model = program.instantiate("Main", params);
  } catch (const Error& error) {
    collect(error.diagnostics());
    if (all.empty()) all = error.what();
  }
  return all;
}

/// A port says what its values are: the same number, or one size for all axes of one name.
void expect_port(const Port& port, const sketch::Sizes& sizes, std::map<std::string, std::int64_t>& names) {
  const auto run = std::find_if(port.shape.begin(), port.shape.end(), [](const PortDim& d) { return d.variadic(); });
  const auto before = static_cast<std::size_t>(run - port.shape.begin());
  if (run == port.shape.end()) {
    ASSERT_EQ(sizes.size(), port.shape.size()) << port.text();
  } else {
    ASSERT_GE(sizes.size() + 1, port.shape.size()) << port.text();
  }
  for (std::size_t i = 0; i < port.shape.size(); ++i) {
    if (i == before) continue;
    const PortDim& dim = port.shape[i];
    const std::int64_t size = i < before ? sizes[i] : sizes[sizes.size() - (port.shape.size() - i)];
    if (dim.size) {
      EXPECT_EQ(*dim.size, size) << "axis " << i << " of " << port.text();
    } else if (dim.name == "batch" || dim.name == "seq" || dim.name == "feat") {
      EXPECT_EQ(names.emplace(dim.name, size).first->second, size) << dim.name << " in " << port.text();
    }
  }
}

bool same_bits(const Tensor& a, const Tensor& b) {
  const auto x = a.to_vector(), y = b.to_vector();
  return x.size() == y.size() && (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0);
}

void expect_runs(const sketch::Program& program, std::uint64_t seed) {
  const std::string source = text_of(program, {seed, false});
  const std::string other = text_of(program, {seed + 1, may_be_flat(program)});
  const Params params = params_of(program);
  Model model, again;
  const Program checked = Program::from_source(source, "a.ns");
  ASSERT_EQ(refusal(checked, params, model), "") << source << render(checked.diagnostics());
  const Program relaid = Program::from_source(other, "b.ns");
  ASSERT_EQ(refusal(relaid, params, again), "") << other << render(relaid.diagnostics());
  std::map<std::string, std::int64_t> weights;
  std::set<std::string> frozen;
  bool more = false;
  for (const std::uint64_t draw : {2 * seed, 2 * seed + 1}) {
    const std::vector<sketch::Sizes> sizes = input_sizes(program, draw);
    const sketch::Outcome expected = follow(program, sizes);
    ASSERT_EQ(expected.wrong, "") << "the generator drew a program that cannot run\n" << source;
    const std::vector<Tensor> inputs = tensors(program, sizes, draw);
    const std::vector<Tensor> outputs = model.forward(inputs);
    ASSERT_EQ(shapes_of(outputs), expected.outputs) << source;
    std::map<std::string, std::int64_t> names;
    for (std::size_t i = 0; i < sizes.size(); ++i) expect_port(model.inputs()[i], sizes[i], names);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      expect_port(model.outputs()[i], expected.outputs[i], names);
      for (const double v : outputs[i].to_vector()) ASSERT_TRUE(std::isfinite(v)) << source;
    }
    const std::vector<Tensor> repeated = again.forward(inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      EXPECT_TRUE(same_bits(outputs[i], repeated[i])) << "another layout, other values\n" << source << other;
    }
    weights.insert(expected.weights.begin(), expected.weights.end());
    frozen.insert(expected.frozen.begin(), expected.frozen.end());
    more = more || expected.may_have_more;
  }
  std::int64_t count = 0, trainable = 0, model_trainable = 0;
  for (const auto& [place, n] : weights) {
    count += n;
    trainable += frozen.count(place) > 0 ? 0 : n;
  }
  for (const Parameter& p : model.parameters()) model_trainable += p.trainable ? p.var.shape().elements() : 0;
  if (more) {  // arms that no value took own weights, too
    EXPECT_GE(model.parameter_count(), count) << source;
    EXPECT_GE(model_trainable, trainable) << source;
  } else {
    EXPECT_EQ(model.parameter_count(), count) << source;
    EXPECT_EQ(model_trainable, trainable) << source;
  }
}

TEST(RandomPrograms, UseEveryConstructOften) {
  std::map<std::string, int> programs;
  int flat = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const sketch::Program program = sketch::random_program(seed);
    for (const std::string& construct : constructs_of(program)) ++programs[construct];
    flat += may_be_flat(program) ? 1 : 0;
  }
  for (const std::string& construct : sketch::all_constructs()) EXPECT_GE(programs[construct], 20) << construct;
  EXPECT_GE(flat, 20);
}

TEST(RandomPrograms, RunAsTheyWereChecked) {
  const auto [first, last] = seeds();
  for (std::uint64_t seed = first; seed < last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    try {
      expect_runs(sketch::random_program(seed), seed);
    } catch (const Error& error) {
      ADD_FAILURE() << error.what() << "\n" << text_of(sketch::random_program(seed), {seed, false});
    }
  }
}

/// What a program does for many sizes of its inputs.
struct Trials {
  std::vector<std::pair<std::vector<sketch::Sizes>, sketch::Outcome>> runs;
  bool some = false;       ///< some sizes can run
  bool undecided = false;  ///< for some it is open
};
Trials try_sizes(const sketch::Program& program, std::uint64_t seed) {
  Trials trials;
  std::set<std::int64_t> candidates{1, 2, 3, 4, 5, 6, 7, 8, 16, 40};
  const auto add = [&](const std::vector<sketch::Sizes>& sizes) {
    sketch::Outcome outcome = follow(program, sizes);
    for (const std::int64_t n : outcome.met) {
      if (n > 0 && n < 500) candidates.insert(n);
    }
    trials.some = trials.some || outcome.wrong.empty();
    trials.undecided = trials.undecided || outcome.undecided;
    trials.runs.emplace_back(sizes, std::move(outcome));
  };
  for (std::uint64_t i = 0; i < 4; ++i) add(input_sizes(program, 2 * seed + i));
  if (trials.some) return trials;
  const auto names = free_names(program);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 300 && !names.empty() && !trials.some; ++i) {
    std::map<std::string, std::int64_t> given;
    auto value = candidates.begin();
    std::advance(value, static_cast<std::ptrdiff_t>(random() % candidates.size()));
    const std::string& name = names[random() % names.size()];
    given[name] = name.size() > 1 && name[0] == '*' ? static_cast<std::int64_t>(random() % 3) : *value;
    if (i % 3 == 0) given.emplace(names[random() % names.size()], 1);
    add(input_sizes(program, random(), given));
  }
  return trials;
}

/// Returns whether the change broke the program.
bool expect_verdict(std::uint64_t seed) {
  sketch::Program program = copy_of(sketch::random_program(seed));
  const sketch::Mutation mutation = mutate(program, seed);
  const std::string source = text_of(program, {seed, false});
  SCOPED_TRACE(mutation.what + " (" + std::to_string(mutation.site) + ")");
  const Trials trials = try_sizes(program, seed);
  const Program checked = Program::from_source(source, "a.ns");
  Model model;
  const std::string refused = refusal(checked, params_of(program), model);
  if (!trials.some && !trials.undecided && !mutation.loose) {
    EXPECT_NE(refused, "") << "cannot run: " << trials.runs[0].second.wrong << "\n" << source;
  }
  bool visited = mutation.site == 0;
  for (const auto& [sizes, outcome] : trials.runs) visited = visited || outcome.visited.count(mutation.site) > 0;
  if (trials.some && visited && !mutation.loose) {
    EXPECT_EQ(refused, "") << "can run\n" << source;
  }
  if (!refused.empty()) return !trials.some;
  std::size_t tried = 0;
  for (const auto& [sizes, outcome] : trials.runs) {
    if (++tried > 6) break;
    try {
      const std::vector<Tensor> outputs = model.forward(tensors(program, sizes, seed));
      EXPECT_TRUE(outcome.wrong.empty() || outcome.undecided || mutation.loose)
          << "should fail: " << outcome.wrong << "\n"
          << source;
      if (outcome.wrong.empty()) {
        EXPECT_EQ(shapes_of(outputs), outcome.outputs) << source;
      }
    } catch (const Error& error) {
      EXPECT_FALSE(outcome.wrong.empty()) << "should run: " << error.what() << "\n" << source;
      EXPECT_TRUE(error.code() == ErrorCode::shape) << error.what() << "\n" << source;
    }
  }
  return !trials.some;
}

TEST(RandomPrograms, ThatCannotRunAreRefused) {
  const auto [first, last] = seeds();
  const bool all = first == 0 && last == 200;
  int broken = 0;
  for (std::uint64_t seed = first; all ? broken < 200 && seed < 400 : seed < last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    broken += expect_verdict(seed) ? 1 : 0;
  }
  if (all) {
    EXPECT_EQ(broken, 200);
  }
}

}  // namespace
}  // namespace neuro
