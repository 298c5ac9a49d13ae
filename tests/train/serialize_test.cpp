// JSON arrays as neuronika (ndarray with serde) writes them, and the state of a training loop.
#include "neuro/serialize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "golden.h"
#include "neuro/error.h"
#include "neuro/ops/leaves.h"
#include "neuro/safetensors.h"

namespace neuro {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class F>
std::string refusal(F&& f, ErrorCode code = ErrorCode::checkpoint) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "accepted";
}

TEST(JsonState, ArraysAreWrittenAsTheOriginalWritesThem) {
  EXPECT_EQ(tensor_to_json(Tensor::from<float>({1, -0.5f, 0.1f, 3e20f}, {2, 2})),
            R"({"v":1,"dim":[2,2],"data":[1,-0.5,0.1,3e+20]})");
  EXPECT_EQ(tensor_to_json(Tensor::full({}, 2.5)), R"({"v":1,"dim":[],"data":[2.5]})");
  EXPECT_EQ(tensor_to_json(Tensor::zeros({0, 3})), R"({"v":1,"dim":[0,3],"data":[]})");
  EXPECT_EQ(tensor_to_json(Tensor::from<std::int64_t>({9007199254740993}, {1})),
            R"({"v":1,"dim":[1],"data":[9007199254740993]})");
  EXPECT_EQ(tensor_to_json(Tensor::from<bool>({true, false}, {2})), R"({"v":1,"dim":[2],"data":[1,0]})");
}

TEST(JsonState, ArraysOfTheOriginalAreRead) {
  // serde writes whole floats with a point.
  const Tensor t = tensor_from_json(R"({ "v": 1, "dim": [2, 2], "data": [1.0, 2.0, -3.5, 1e-3] })");
  EXPECT_EQ(t.shape(), (Shape{2, 2}));
  EXPECT_EQ(t.dtype(), DType::f32);
  EXPECT_EQ(t.data<float>()[3], 1e-3f);
  EXPECT_EQ(tensor_from_json(R"({"v":1,"dim":[1],"data":[9007199254740993]})", DType::i64).data<std::int64_t>()[0],
            9007199254740993);
  EXPECT_THAT(tensor_from_json(R"({"v":1,"dim":[2],"data":[true,0]})", DType::boolean).to_vector(), ElementsAre(1, 0));
  EXPECT_THAT(tensor_from_json(R"({"v":1,"dim":[2],"data":[2.0,-7]})", DType::i32).to_vector(), ElementsAre(2, -7));
}

TEST(JsonState, EveryNumberComesBackToTheLastBit) {
  const Tensor f32 = randn({5'000}, 1).data(), f64 = randn({5'000}, 2, DType::f64).data();
  EXPECT_EQ(tensor_from_json(tensor_to_json(f32)).to_vector(), f32.to_vector());
  EXPECT_EQ(tensor_from_json(tensor_to_json(f64), DType::f64).to_vector(), f64.to_vector());
  const Tensor edges = Tensor::from<float>({std::numeric_limits<float>::max(), std::numeric_limits<float>::min(),
                                            std::numeric_limits<float>::denorm_min(), -0.f, 16777217.f},
                                           {5});
  const Tensor back = tensor_from_json(tensor_to_json(edges));
  EXPECT_EQ(back.to_vector(), edges.to_vector());
  EXPECT_TRUE(std::signbit(back.data<float>()[3]));
}

TEST(JsonState, ViewsAreWrittenRowByRow) {
  const Tensor t = Tensor::from<float>({1, 2, 3, 4}, {2, 2});
  EXPECT_EQ(tensor_to_json(Tensor::view(t, {2, 2}, {1, 2}, 0)), R"({"v":1,"dim":[2,2],"data":[1,3,2,4]})");
}

TEST(JsonState, LayersAreNamedFields) {
  const StateDict state{
      {"lin1.weight", Tensor::full({1, 2}, 1)}, {"lin1.bias", Tensor::full({1}, 2)}, {"scale", Tensor::full({}, 3)}};
  const std::string text = state_to_json(state);
  EXPECT_EQ(text, R"({"lin1":{"weight":{"v":1,"dim":[1,2],"data":[1,1]},"bias":{"v":1,"dim":[1],"data":[2]}},)"
                  R"("scale":{"v":1,"dim":[],"data":[3]}})");
  const StateDict back = state_from_json(text);
  ASSERT_EQ(back.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back[i].first, state[i].first);
    EXPECT_EQ(back[i].second.to_vector(), state[i].second.to_vector());
  }
  EXPECT_EQ(state_to_json({}), "{}");
  EXPECT_TRUE(state_from_json("{}").empty());
}

TEST(JsonState, NamesThatCannotBeFieldsTogetherAreRefused) {
  const Tensor t = Tensor::zeros({1});
  for (const StateDict& state :
       {StateDict{{"a", t}, {"a.b", t}}, StateDict{{"a.b", t}, {"a", t}}, StateDict{{"a", t}, {"a", t}}}) {
    EXPECT_THAT(refusal([&] { state_to_json(state); }, ErrorCode::invalid_argument), HasSubstr("`a"));
  }
  EXPECT_NE(refusal([&] { state_to_json({{"a", Tensor()}}); }, ErrorCode::invalid_argument), "accepted");
}

TEST(JsonState, WhatJsonCannotHoldIsRefused) {
  for (const float x : {NAN, INFINITY, -INFINITY}) {
    EXPECT_THAT(refusal([&] { tensor_to_json(Tensor::full({2}, x)); }, ErrorCode::invalid_argument),
                HasSubstr("element 0"));
  }
}

TEST(JsonState, BrokenArraysAreRefusedSayingWhy) {
  const auto why = [](const char* text, DType dtype = DType::f32) {
    return refusal([&] { tensor_from_json(text, dtype); });
  };
  EXPECT_THAT(why(""), HasSubstr("byte 0"));
  EXPECT_THAT(why("[1,2]"), HasSubstr("without `dim`"));
  EXPECT_THAT(why(R"({"v":1,"dim":[2]})"), HasSubstr("without `dim` and `data`"));
  EXPECT_THAT(why(R"({"v":2,"dim":[1],"data":[1]})"), HasSubstr("version `v` is the number 2"));
  EXPECT_THAT(why(R"({"v":1,"dim":[2,2],"data":[1,2,3]})"), HasSubstr("3 values, `dim` [2, 2] needs 4"));
  EXPECT_THAT(why(R"({"v":1,"dim":[-1],"data":[]})"), HasSubstr("`dim` holds the number -1"));
  EXPECT_THAT(why(R"({"v":1,"dim":2,"data":[1,2]})"), HasSubstr("must be lists"));
  EXPECT_THAT(why(R"({"v":1,"dim":[4294967296,4294967296],"data":[]})"), HasSubstr("63 bits"));
  EXPECT_THAT(why(R"({"v":1,"dim":[1],"data":["x"]})"), HasSubstr("element 0 is the text"));
  EXPECT_THAT(why(R"({"v":1,"dim":[1],"data":[null]})"), HasSubstr("element 0"));
  EXPECT_THAT(why(R"({"v":1,"dim":[1],"data":[1e39]})"), HasSubstr("does not fit f32"));
  EXPECT_THAT(why(R"({"v":1,"dim":[1],"data":[1.5]})", DType::i64), HasSubstr("does not fit i64"));
  EXPECT_THAT(why(R"({"v":1,"dim":[1],"data":[3000000000]})", DType::i32), HasSubstr("does not fit i32"));
  EXPECT_THAT(why(R"({"v":1,"dim":[1],"data":[2]})", DType::boolean), HasSubstr("does not fit bool"));
  EXPECT_THAT(refusal([] { state_from_json(R"({"lin1":{"weight":{"v":1,"dim":[1],"data":[]}}})"); }),
              HasSubstr("`lin1.weight`: "));
  EXPECT_THAT(refusal([] { state_from_json(R"({"lin1":{"weight":3}})"); }),
              HasSubstr("`lin1.weight`: takes an object"));
}

TEST(JsonState, Files) {
  const test::TempDir dir;
  save_json(dir / "x.json", {{"lin.weight", Tensor::full({2}, 1.5)}});
  const StateDict back = load_json(dir / "x.json", DType::f64);
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].first, "lin.weight");
  EXPECT_THAT(back[0].second.to_vector(), ElementsAre(1.5, 1.5));
  EXPECT_THAT(refusal([&] { load_json(dir / "none.json"); }), HasSubstr("none.json"));
  test::write_text(dir / "bad.json", "{");
  EXPECT_THAT(refusal([&] { load_json(dir / "bad.json"); }), HasSubstr("bad.json"));
}

// --- Training state --------------------------------------------------------------------------------------------------

TEST(TrainingState, EverythingComesBack) {
  const test::TempDir dir;
  Generator generator(7);
  generator.next("x");
  save_state(dir / "state", {{{"lin.weight", Tensor::full({2}, 1.5)}},
                             {{"adam.m.lin.weight", Tensor::full({2}, 0.25, DType::f64)}},
                             generator.state(),
                             {{"epoch", "3"}, {"comment", "\"quoted\"\n"}}});
  const TrainingState back = load_state(dir / "state");
  ASSERT_EQ(back.model.size(), 1u);
  EXPECT_EQ(back.model[0].first, "lin.weight");
  EXPECT_THAT(back.model[0].second.to_vector(), ElementsAre(1.5, 1.5));
  ASSERT_EQ(back.optimizer.size(), 1u);
  EXPECT_EQ(back.optimizer[0].first, "adam.m.lin.weight");
  EXPECT_EQ(back.optimizer[0].second.dtype(), DType::f64);
  EXPECT_EQ(back.generator, generator.state());
  EXPECT_EQ(back.notes, (std::map<std::string, std::string>{{"epoch", "3"}, {"comment", "\"quoted\"\n"}}));
}

TEST(TrainingState, ARestoredGeneratorGoesOnWhereItWas) {
  const test::TempDir dir;
  manual_seed(11);
  rand({3});
  save_state(dir / "state", {{}, {}, default_generator().state()});
  const std::vector<double> expected = rand({3}).data().to_vector();
  manual_seed(0);
  default_generator().restore(load_state(dir / "state").generator);
  EXPECT_EQ(rand({3}).data().to_vector(), expected);
}

TEST(TrainingState, OtherFilesAndDamageAreRefused) {
  const test::TempDir dir;
  EXPECT_NE(refusal([&] { load_state(dir / "none"); }), "accepted");
  save_state(dir / "state", {{{"w", Tensor::full({64}, 1)}}, {}, {}});
  std::string bytes = test::read_text(dir / "state");
  bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 1);
  test::write_text(dir / "flipped", bytes);
  EXPECT_THAT(refusal([&] { load_state(dir / "flipped"); }), HasSubstr("checksum"));
  test::write_text(dir / "cut", test::read_text(dir / "state").substr(0, 300));
  EXPECT_NE(refusal([&] { load_state(dir / "cut"); }), "accepted");
  write_safetensors(dir / "weights", {{{"w", Tensor::zeros({1})}}, {}});
  EXPECT_THAT(refusal([&] { load_state(dir / "weights"); }), HasSubstr("save_state"));
  EXPECT_EQ(refusal([&] { save_state("/dev/null/x", {}); }).find("accepted"), std::string::npos);
}

TEST(TrainingState, SavingReplacesInOneStep) {
  const test::TempDir dir;
  save_state(dir / "state", {{{"w", Tensor::zeros({1})}}, {}, {}});
  save_state(dir / "state", {{{"w", Tensor::full({1}, 2)}}, {}, {}});
  EXPECT_EQ(load_state(dir / "state").model[0].second.item(), 2);
  std::size_t entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) entries += entry.exists() ? 1 : 0;
  EXPECT_EQ(entries, 1u) << "no temporary is left";
}

}  // namespace
}  // namespace neuro
