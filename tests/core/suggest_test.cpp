#include "neuro/suggest.h"

namespace neuro {
namespace {

using Words = std::vector<std::string_view>;

TEST(Suggest, DistanceCountsInsertDeleteSubstituteAndSwapAsOne) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("lr", "lrr"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);  // the textbook pair
  EXPECT_EQ(edit_distance("graph", "garph"), 1u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);  // 2 only for the unrestricted distance
}

TEST(Suggest, OffersANameWithinAThirdOfItsLength) {
  EXPECT_EQ(nearest("lrr", Words{"epochs", "lr"}), "lr");
  EXPECT_EQ(nearest("Liner", Words{"Linear", "LSTM"}), "Linear");
  EXPECT_EQ(nearest("out_dims", Words{"in_dim", "out_dim", "bias"}), "out_dim");
}

TEST(Suggest, OffersNothingThatIsOnlyVaguelyAlike) {
  EXPECT_EQ(nearest("wat", Words{"bias", "in_dim"}), std::nullopt);
  EXPECT_EQ(nearest("ab", Words{"ac"}), std::nullopt);
  EXPECT_EQ(nearest("", Words{"a"}), std::nullopt);
}

TEST(Suggest, CaseAloneIsNoDistance) { EXPECT_EQ(nearest("relu", Words{"Relay", "ReLU"}), "ReLU"); }

TEST(Suggest, HugeNamesCostNothing) {
  const std::string huge(10'000'000, 'a');
  EXPECT_EQ(nearest(huge, std::vector<std::string>{huge, "a"}), std::nullopt);
}

}  // namespace
}  // namespace neuro
