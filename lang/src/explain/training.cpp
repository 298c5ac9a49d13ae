// NS05xx: loss and data. NS06xx: configuration.
#include "explain/pages.h"
#include "neuro/codes.h"

namespace neuro::explain_detail {
namespace {

constexpr ExplainPage kPages[] = {
    {codes::kLossNotInferred, "LossNotInferred", "no rule chooses a loss for these shapes and targets",
     R"(The loss is inferred from the shapes of input and output and from the first targets; `nsrun explain loss` has the
rules. Here none fits. Name the loss.)",
     "", R"(training:
  loss: mse)",
     "yaml"},
    {codes::kTargetOutOfRange, "TargetOutOfRange", "a target is no class of the model",
     R"(A model with K outputs for K classes takes the targets 0 to K - 1. Classes are counted from 0.)",
     R"({"input": [0.1, 0.2], "target": 10})", R"({"input": [0.1, 0.2], "target": 9})", "jsonl"},
    {codes::kInvalidRecord, "InvalidRecord", "a line of the data is not one JSON object",
     R"(In a JSONL file each line is one complete object. The line may have been cut off, or an object stands on several
lines.)",
     R"({"input": [0.1, 0.2], "target")", R"({"input": [0.1, 0.2], "target": [1]})", "jsonl"},
    {codes::kMissingField, "MissingField", "a record lacks a field",
     R"(The fields are `input` and `target`, unless `data.input` and `data.target` in the configuration say otherwise.)",
     R"({"inputs": [0.1, 0.2], "target": [1]})", R"({"input": [0.1, 0.2], "target": [1]})", "jsonl"},
    {codes::kRaggedRow, "RaggedRow", "rows have different lengths",
     R"(Lists inside one another have equal lengths, and all rows have the same shape.)",
     R"({"input": [[1, 2], [3]], "target": [1]})", R"({"input": [[1, 2], [3, 4]], "target": [1]})", "jsonl"},
    {codes::kNotANumber, "NotANumber", "something else stands where a number belongs",
     R"(Inputs and targets are finite numbers: no text, no null, no NaN.)",
     R"({"input": [0.1, "high"], "target": [1]})", R"({"input": [0.1, 0.9], "target": [1]})", "jsonl"},
    {codes::kInputShape, "InputShape", "a row does not fit the input port",
     R"(The port [batch, 2] takes rows of two numbers; the batch is made from several rows.)",
     R"({"input": [1, 2, 3], "target": [1]})", R"({"input": [1, 2], "target": [1]})", "jsonl"},
    {codes::kTargetShape, "TargetShape", "a target does not fit the output",
     R"(The loss compares output and target element by element, so both have the same shape; nothing is repeated to make
them fit. Classes are single integers.)",
     R"({"input": [1, 2], "target": [1, 0, 0]})", R"({"input": [1, 2], "target": [1]})", "jsonl"},
    {codes::kNoRows, "NoRows", "the data has no rows",
     R"(The file is empty, has only blank lines, or all of its rows were skipped.)", "", "", "jsonl"},
    {codes::kInvalidQuotes, "InvalidQuotes", "the quotes of a CSV row do not match",
     R"(A field stands in double quotes as a whole or not at all. A quote inside such a field is written twice.)",
     R"(name,size
big "dog",3)",
     R"(name,size
"big ""dog""",3)",
     "csv"},
    {codes::kRefusedRecord, "RefusedRecord", "a record was refused by the program that reads it",
     R"(A C++ program reads the records of a CSV file with a function of its own, and that function threw an error. The
message has its reason.)",
     "", "", "csv"},
    {codes::kInvalidYaml, "InvalidYaml", "the configuration is not YAML",
     R"(Keys and values are separated by a colon and a space; what belongs to a key is indented below it with spaces.)",
     R"(training:
  epochs: [10)",
     R"(training:
  epochs: 10)",
     "yaml"},
    {codes::kUnknownKey, "UnknownKey", "a key is unknown",
     R"(All keys are known, so that a misspelt one is not ignored. Keys that start with `x-` are yours.)",
     R"(training:
  lrr: 0.01)",
     R"(training:
  lr: 0.01)",
     "yaml"},
    {codes::kDuplicateKey, "DuplicateKey", "a key stands twice",
     R"(One of both values would be ignored, so the configuration is refused.)",
     R"(training:
  lr: 0.01
  lr: 0.001)",
     R"(training:
  lr: 0.001)",
     "yaml"},
    {codes::kWrongType, "WrongType", "a value has the wrong type",
     R"(Integers may be written `1e3`, `1_000` or `32.0`; booleans are `true` and `false`.)",
     R"(training:
  epochs: many)",
     R"(training:
  epochs: 1_000)",
     "yaml"},
    {codes::kOutOfRange, "OutOfRange", "a value lies outside its range", R"(The message says what is allowed.)",
     R"(training:
  lr: -0.01)",
     R"(training:
  lr: 0.01)",
     "yaml"},
    {codes::kContradiction, "Contradiction", "two settings contradict each other",
     R"(Both places are marked; keep one.)", R"(data:
  train: rows.jsonl
  val: others.jsonl
  val_split: 0.2)",
     R"(data:
  train: rows.jsonl
  val_split: 0.2)",
     "yaml"},
    {codes::kMissingFile, "MissingFile", "a file does not exist",
     R"(A path in a configuration is looked for beside the configuration, then in the working directory. The message lists
both, and files with similar names.)",
     "", "", "yaml"},
    {codes::kMissingKey, "MissingKey", "a required key is missing",
     R"(A configuration names at least the model's file and the training data.)", R"(model:
  neuron: XOR)",
     R"(model:
  neuron: XOR
  file: xor.ns
data:
  train: xor.jsonl)",
     "yaml"},
    {codes::kUnsupportedSetting, "UnsupportedSetting", "a setting is not built in this version",
     R"(The value is known, but this version cannot do what it asks for.)", R"(training:
  device: cuda)",
     R"(training:
  device: cpu)",
     "yaml"},
};

}  // namespace

std::span<const ExplainPage> training_pages() { return kPages; }

}  // namespace neuro::explain_detail
