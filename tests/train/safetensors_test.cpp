#include "neuro/safetensors.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "neuro/error.h"

namespace neuro {
namespace {

class Safetensors : public testing::Test {
 protected:
  static TensorFile sample() {
    return {{{"flag", Tensor::from<bool>({true, false, true}, Shape{3})},
             {"weight", Tensor::from({1.5f, -2.f, 0.f, 4.f, 5.f, 6.f}, Shape{2, 3})},
             {"scale", Tensor::full(Shape{}, 2.5, DType::f64)},
             {"ids", Tensor::from<std::int64_t>({7, -1}, Shape{2})},
             {"nothing", Tensor::empty(Shape{0, 4})}},
            {{"neuro.source", "neuron X():\n"}}};
  }
  std::string refusal(const std::string& bytes) {
    test::write_text(dir_ / "x.safetensors", bytes);
    try {
      read_safetensors(dir_ / "x.safetensors");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::checkpoint);
      std::string text = error.what();
      return text.substr(text.find("file: ") + 6);
    }
    return "accepted";
  }
  /// A file from a header and a number of data bytes, as another writer would make it.
  static std::string file(const std::string& header, std::size_t data) {
    std::string out(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(header.size() >> (8 * i));
    return out + header + std::string(data, '\1');
  }
  test::TempDir dir_;
};

TEST_F(Safetensors, WhatIsWrittenIsRead) {
  const auto path = dir_ / "x.safetensors";
  write_safetensors(path, sample());
  const TensorFile back = read_safetensors(path);
  ASSERT_EQ(back.tensors.size(), 5u);
  EXPECT_EQ(back.metadata.at("neuro.source"), "neuron X():\n");
  EXPECT_EQ(parameter_table(back.tensors), parameter_table(sample().tensors));
  for (const auto& [name, tensor] : sample().tensors) {
    const auto found =
        std::find_if(back.tensors.begin(), back.tensors.end(), [&](const auto& t) { return t.first == name; });
    ASSERT_NE(found, back.tensors.end()) << name;
    EXPECT_EQ(found->second.to_vector(), tensor.to_vector()) << name;
  }
  const std::string bytes = test::read_text(path);
  std::uint64_t header = 0;
  for (int i = 7; i >= 0; --i) header = header << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  EXPECT_EQ((8 + header) % 64, 0u);
}

TEST_F(Safetensors, EveryFlippedBitIsFound) {
  write_safetensors(dir_ / "good.safetensors", sample());
  const std::string good = test::read_text(dir_ / "good.safetensors");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
    EXPECT_NE(refusal(bad), "accepted") << "byte " << i << " of " << good.size();
  }
}

TEST_F(Safetensors, EveryCutIsFound) {
  write_safetensors(dir_ / "good.safetensors", sample());
  const std::string good = test::read_text(dir_ / "good.safetensors");
  for (std::size_t size = 0; size < good.size(); size += 7)
    EXPECT_NE(refusal(good.substr(0, size)), "accepted") << size;
  EXPECT_NE(refusal(good + "x"), "accepted");
}

TEST_F(Safetensors, HalfPrecisionIsRead) {
  std::string bytes = file(R"({"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},)"
                           R"("b":{"dtype":"BF16","shape":[2],"data_offsets":[6,10]}})",
                           0);
  for (const unsigned half : {0x3c00u, 0xc100u, 0x0001u, 0x3fc0u, 0xff80u}) {  // 1, -2.5, 2^-24; 1.5, -infinity
    bytes += {static_cast<char>(half & 255u), static_cast<char>(half >> 8)};
  }
  test::write_text(dir_ / "x.safetensors", bytes);
  const TensorFile read = read_safetensors(dir_ / "x.safetensors");
  ASSERT_EQ(read.tensors.size(), 2u);
  EXPECT_EQ(read.tensors[0].second.dtype(), DType::f32);
  EXPECT_EQ(read.tensors[0].second.to_vector(), (std::vector<double>{1, -2.5, 0x1p-24}));
  EXPECT_EQ(read.tensors[1].second.dtype(), DType::bf16);
  EXPECT_EQ(read.tensors[1].second.to_vector(), (std::vector<double>{1.5, -std::numeric_limits<double>::infinity()}));

  write_safetensors(dir_ / "y.safetensors", {{{"b", read.tensors[1].second}}, {}});
  const TensorFile again = read_safetensors(dir_ / "y.safetensors");
  EXPECT_EQ(again.tensors[0].second.dtype(), DType::bf16);
  EXPECT_EQ(again.tensors[0].second.to_vector(), read.tensors[1].second.to_vector());
}

TEST_F(Safetensors, FilesOfOtherWritersAreRead) {
  // Unaligned data, no metadata: as MLX writes it.
  const std::string bytes = file(
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},"b":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})",
      5);
  test::write_text(dir_ / "x.safetensors", bytes);
  EXPECT_EQ(read_safetensors(dir_ / "x.safetensors").tensors.size(), 2u);
}

TEST_F(Safetensors, HostileHeadersAreRefusedSayingWhy) {
  const auto entry = [](const char* dtype, const char* shape, const char* offsets) {
    return std::string("{\"a\":{\"dtype\":\"") + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets +
           "}}";
  };
  std::string all;
  const auto add = [&](const std::string& bytes) { all += refusal(bytes) + "\n"; };
  add("");
  add(std::string(8, '\xff'));
  add(std::string("\x10\0\0\0\0\0\0\0{}", 10));
  add(file("[]", 0));
  add(file("{\"a\"", 0));
  add(file(std::string(90'000, '['), 0));
  add(file(entry("F32", "[2]", "[0,4]"), 4));
  add(file(entry("F32", "[2]", "[4,0]"), 8));
  add(file(entry("F32", "[2]", "[4,12]"), 12));
  add(file(entry("F32", "[2]", "[0,8]"), 9));
  add(file(entry("F32", "[2]", "[0,8]"), 7));
  add(file(entry("F32", "[-2]", "[0,8]"), 8));
  add(file(entry("F32", "[1.5]", "[0,8]"), 8));
  add(file(entry("F32", "[4294967296,4294967296,4294967296]", "[0,0]"), 0));
  add(file(entry("F32", "[2305843009213693952,2]", "[0,0]"), 0));
  add(file(entry("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4));
  add(file(entry("F32", "[2]", "[18446744073709551608,16]"), 8));
  add(file(entry("F8", "[2]", "[0,2]"), 2));
  add(file("{\"a\":{\"dtype\":\"F32\"}}", 0));
  add(
      file("{\"a\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"BOOL\",\"shape\":[2],"
           "\"data_offsets\":[1,3]}}",
           3));
  add(
      file("{\"a\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{\"dtype\":\"BOOL\",\"shape\":[1],"
           "\"data_offsets\":[1,2]}}",
           2));
  add(file("{\"__metadata__\":{\"x\":1}}", 0));
  test::expect_golden("safetensors_hostile", all, dir_.path());
}

TEST_F(Safetensors, TheHeaderAloneTellsWhatTheWholeFileTells) {
  const auto path = dir_ / "x.safetensors";
  write_safetensors(path, sample());
  const TensorFileHeader header = read_safetensors_header(path);
  EXPECT_EQ(parameter_table(header), parameter_table(sample().tensors));
  EXPECT_EQ(header.metadata, read_safetensors(path).metadata);
}

TEST_F(Safetensors, TheHeaderIsReadWithoutTheData) {
  // A file with a hole: 64 GiB of data that were never written, and that nobody could read in the time of a test.
  const std::string header = R"({"w":{"dtype":"F32","shape":[17179869184],"data_offsets":[0,68719476736]}})";
  test::write_text(dir_ / "x.safetensors", file(header, 0));
  std::error_code error;
  std::filesystem::resize_file(dir_ / "x.safetensors", 8 + header.size() + 68719476736, error);
  if (error) GTEST_SKIP() << "needs files with holes: " << error.message();
  EXPECT_EQ(read_safetensors_header(dir_ / "x.safetensors").tensors.at(0).shape, Shape{17179869184});
  std::filesystem::resize_file(dir_ / "x.safetensors", 1000, error);
  EXPECT_THROW(read_safetensors_header(dir_ / "x.safetensors"), Error) << "the size is checked";
}

TEST_F(Safetensors, ATextFileIsCalledOne) {
  EXPECT_EQ(refusal("step-00000500\n"), "it is text");
  EXPECT_EQ(refusal("neuron XOR:\n  in: [2]\n"), "it is text");
}

TEST_F(Safetensors, AFullDiskIsAResourceError) {
  try {
    write_safetensors("/dev/full", sample());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::resource);
  }
}

}  // namespace
}  // namespace neuro
