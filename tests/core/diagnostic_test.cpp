#include "neuro/diagnostic.h"

#include <gtest/gtest.h>

#include "neuro/error.h"

namespace neuro {
namespace {

TEST(Diagnostics, KeepTheirOrderAndCountErrors) {
  Diagnostics diagnostics;
  EXPECT_TRUE(diagnostics.empty());
  diagnostics.warning("NS0001", "first");
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.error("NS0002", "second");
  diagnostics.note("NS0003", "third");
  ASSERT_EQ(diagnostics.items().size(), 3u);
  EXPECT_EQ(diagnostics.items()[1].title, "second");
  EXPECT_EQ(diagnostics.error_count(), 1u);
  EXPECT_TRUE(diagnostics.has_errors());
}

TEST(Diagnostics, LabelsNotesAndHelpsAreKept) {
  Diagnostics diagnostics;
  const Span here{0, 1, 2}, there{0, 5, 6};
  diagnostics.error("NS0301", "shape mismatch").primary(here, "takes").secondary(there, "gives").note("why").help("do");
  const Diagnostic& d = diagnostics.items()[0];
  ASSERT_EQ(d.labels.size(), 2u);
  EXPECT_TRUE(d.labels[0].primary);
  EXPECT_FALSE(d.labels[1].primary);
  EXPECT_EQ(d.labels[1].span, there);
  EXPECT_EQ(d.notes, std::vector<std::string>{"why"});
  EXPECT_EQ(d.helps, std::vector<std::string>{"do"});
}

TEST(Diagnostics, MayShareTheirSources) {
  const auto sources = std::make_shared<SourceMap>();
  Diagnostics a(sources), b(sources);
  a.sources().add("x", "text");
  EXPECT_EQ(b.sources().size(), 1u);
}

TEST(Error, CarriesItsDiagnosticsAndTheTitleOfTheFirstError) {
  Diagnostics diagnostics;
  diagnostics.warning("NS0001", "only a warning");
  diagnostics.error("NS0002", "the reason");
  const Error e(ErrorCode::source, diagnostics);
  EXPECT_STREQ(e.what(), "the reason");
  EXPECT_EQ(e.code(), ErrorCode::source);
  EXPECT_EQ(e.diagnostics().items().size(), 2u);
  EXPECT_TRUE(Error(ErrorCode::shape, "plain").diagnostics().empty());
}

TEST(Error, BrokenInvariantsNameThePlace) {
  try {
    assertion_failed("a == b", "sizes agree", "file.cpp", 7);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::internal);
    EXPECT_STREQ(e.what(), "broken invariant: sizes agree (a == b at file.cpp:7)");
  }
}

}  // namespace
}  // namespace neuro
