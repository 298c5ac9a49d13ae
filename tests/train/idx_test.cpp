// IDX files, the format of MNIST.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden.h"
#include "neuro/dataset.h"
#include "neuro/error.h"

namespace neuro::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}

/// A file's bytes: header for the given sizes, then data.
std::string idx(int type, std::initializer_list<std::uint64_t> sizes, const std::string& data) {
  std::string out{'\0', '\0', static_cast<char>(type), static_cast<char>(sizes.size())};
  for (const std::uint64_t size : sizes) out += big_endian(size, 4);
  return out + data;
}

class Idx : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& bytes, const char* name = "x.idx") {
    test::write_text(dir_ / name, bytes);
    return dir_ / name;
  }
  std::string refusal(const std::string& bytes) {
    try {
      read_idx(file(bytes));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::data);
      EXPECT_THAT(error.what(), HasSubstr("x.idx"));
      const std::string text = error.what();
      return text.substr(text.find("file: ") + 6);
    }
    return "accepted";
  }
  test::TempDir dir_;
};

TEST_F(Idx, EveryElementTypeIsRead) {
  EXPECT_THAT(read_idx(file(idx(0x08, {3}, "\x01\x80\xFF"))).to_vector(), ElementsAre(1, 128, 255));
  EXPECT_THAT(read_idx(file(idx(0x09, {2}, "\x01\xFF"))).to_vector(), ElementsAre(1, -1));
  EXPECT_THAT(read_idx(file(idx(0x0B, {2}, big_endian(300, 2) + big_endian(0xFFFE, 2)))).to_vector(),
              ElementsAre(300, -2));
  EXPECT_THAT(read_idx(file(idx(0x0C, {1}, big_endian(0x80000000, 4))), DType::i64).to_vector(),
              ElementsAre(-2147483648.));
  EXPECT_THAT(read_idx(file(idx(0x0D, {2}, big_endian(0x3FC00000, 4) + big_endian(0xC0000000, 4)))).to_vector(),
              ElementsAre(1.5, -2));
  EXPECT_THAT(read_idx(file(idx(0x0E, {1}, big_endian(0x3FF8000000000000, 8))), DType::f64).to_vector(),
              ElementsAre(1.5));
  EXPECT_EQ(read_idx(file(idx(0x08, {2, 3}, std::string(6, '\2')))).shape(), (Shape{2, 3}));
  EXPECT_EQ(read_idx(file(idx(0x08, {0, 3}, ""))).size(), 0);
}

TEST_F(Idx, ImagesAndLabelsAreALabeledSet) {
  const LabeledDataset set = load_idx(file(idx(0x08, {2, 1, 2}, std::string("\x00\xFF\x33\x00", 4)), "images"),
                                      file(idx(0x08, {2}, "\x07\x03"), "labels"));
  EXPECT_EQ(set.records().shape(), (Shape{2, 1, 2}));
  EXPECT_FLOAT_EQ(static_cast<float>(set.records().to_vector()[1]), 1);
  EXPECT_FLOAT_EQ(static_cast<float>(set.records().to_vector()[2]), 0.2f);  // 0x33 = 51 = 255 / 5
  EXPECT_EQ(set.labels().dtype(), DType::i64);
  EXPECT_THAT(set.labels().to_vector(), ElementsAre(7, 3));
  EXPECT_THROW(load_idx(dir_ / "images", file(idx(0x08, {3}, "\x07\x03\x01"), "labels")), Error);
}

TEST_F(Idx, BrokenFilesAreRefusedSayingWhy) {
  EXPECT_EQ(refusal(""), "it does not begin with two zero bytes");
  EXPECT_EQ(refusal("hello"), "it does not begin with two zero bytes");
  EXPECT_EQ(refusal("\x1F\x8B\x08"), "it is compressed; unpack it with `gunzip` first");
  EXPECT_EQ(refusal(idx(0x0A, {1}, "x")), "element type 10 is unknown");
  EXPECT_EQ(refusal(idx(0x08, {1}, "").substr(0, 6)), "it is cut off within its sizes");
  EXPECT_EQ(refusal(idx(0x08, {3}, "ab")), "its sizes need 3 bytes of data, 2 are there");
  EXPECT_EQ(refusal(idx(0x08, {1}, "ab")), "its sizes need 1 bytes of data, 2 are there");
  EXPECT_EQ(refusal(idx(0x0C, {1}, "ab")), "its sizes need 4 bytes of data, 2 are there");
  EXPECT_EQ(refusal(idx(0x08, {1, 1, 1, 1, 1, 1, 1, 1, 1}, "a")), "it has 9 axes, at most 8 are read");
  const std::uint64_t large = 0xFFFFFFFF;
  EXPECT_EQ(refusal(idx(0x08, {large, large, large}, "")), "its sizes overflow");
  EXPECT_THROW(read_idx(dir_ / "none"), Error);
  EXPECT_THROW(read_idx(file(idx(0x08, {1}, "a")), DType::boolean), Error);
}

}  // namespace
}  // namespace neuro::data
