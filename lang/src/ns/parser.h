#pragma once
// The grammar, by recursive descent. parse_x may decline, expect_x reports what is missing. One class, four files:
// parse_values, parse_shapes, parse_graph, parse_neuron.
#include "ns/cursor.h"

namespace neuro::ns {

/// Lines that belong together. In an indented block the lines deeper than its opener; where indentation was lost, all
/// lines to the end of what encloses it, and then words decide where it really ends.
struct Block {
  std::uint32_t end = 0;  ///< the first line that is not in it
  bool indented = false;
};

class Parser : public Cursor {
 public:
  using Cursor::Cursor;

  Program parse_program();

 private:
  // parse_values.cpp
  Value expect_value();
  Value expect_condition();
  Value expect_and();
  Value expect_not();
  Value expect_comparison();
  Value expect_sum();
  Value expect_product();
  Value expect_signed();
  Value expect_atom();
  Value expect_number(bool negative, std::uint32_t begin);
  Value expect_string();
  Value expect_list(Kind closing);
  Value binary(Value left, int left_height, BinaryOp op, Span op_span, Value right);
  bool at_not() const;
  bool starts_operand(std::uint32_t ahead) const;
  void expect_arguments(Call& call);
  Argument expect_argument();
  /// `name(arguments)`, or just `name`.
  Call expect_call(std::string_view what);
  Name expect_global();

  // parse_shapes.cpp
  Shape expect_shape();
  Dim expect_dim();
  Dim expect_dim_product();
  Dim expect_dim_atom();
  Dim binary(Dim left, int left_height, DimOp op, Span op_span, Dim right);
  ReshapeDim expect_reshape_dim();
  Step expect_reshape();

  // parse_graph.cpp
  Pipeline expect_connection(const Block& block);
  Step expect_endpoint(const Block& block, std::uint32_t column);
  Step expect_item_step(const Block& block, std::uint32_t column);
  bool expect_steps(Pipeline& pipeline, const Block& block, std::uint32_t column);
  void expect_step_end(const Pipeline& pipeline);
  std::uint32_t expect_items(Pipeline& pipeline, const Block& block, bool of_connection, bool after_arrow);
  Pipeline expect_body(const Block& block, std::uint32_t column, std::string_view opener);
  Pipeline expect_last_body(const Block& block, std::uint32_t column, std::string_view opener, Span keyword);
  Step expect_reference_or_call();
  Reference expect_reference();
  ModuleExpr expect_module();
  Step expect_tuple();
  Step expect_wrap(const Block& block, std::uint32_t column);
  Step expect_conditional(const Block& block, std::uint32_t column);
  bool parse_branch_keyword(Kind keyword, const Block& block, std::uint32_t column);
  Step expect_match(const Block& block, std::uint32_t column);
  MatchArm expect_arm(const Block& block);
  ContractArm expect_contract_arm(const Block& block);
  ContractPort expect_contract_port(Kind keyword);
  template <class Arm>
  void expect_arms(std::vector<Arm>& arms, Arm (Parser::*expect_one)(const Block&), const Block& block,
                   std::uint32_t column);

  // parse_neuron.cpp
  void expect_use(Program& program);
  void expect_top_global(Program& program);
  void expect_neuron(Program& program);
  Param expect_param();
  void expect_section(Neuron& neuron, const Block& block, std::uint32_t column);
  void expect_ports(std::vector<Port>& ports, const Block& block, std::uint32_t column);
  Port expect_block_port();
  void expect_impl(Neuron& neuron);
  Path expect_path();
  void expect_context(Neuron& neuron, const Block& block, std::uint32_t column);
  void expect_context_item(Neuron& neuron, const Block& block, bool bound_by_words);
  Binding expect_binding();
  Unroll expect_unroll(const Block& block, Name name, std::uint32_t begin, std::uint32_t column);
  void expect_graph(Neuron& neuron, const Block& block, std::uint32_t column);
  void not_a_section();
  void warn_of_mixed_indentation(const Block& block);

  // Layout (layout.cpp): what the next line is, by its first words.
  /// At a line of the block that nobody has entered yet.
  bool in_block(const Block& block) const { return at_line_start() && line() < block.end; }
  /// The lines below an opener: those deeper than `column`, or, if there are none, whatever the parent holds.
  Block body_of(std::uint32_t column, const Block& parent) const;
  Kind line_kind(std::uint32_t ahead = 0) const;
  bool starts_section() const;
  bool looks_like_section() const;
  bool starts_connection() const;
  bool starts_contract_arm() const;
  bool starts_top_level() const;
  bool ends_flat_items(bool of_connection, bool after_arrow) const;
  void skip_deeper(std::uint32_t column, const Block& block);
  /// Leaves a statement that failed: to the next line of the block that can start another.
  void recover(std::uint32_t column, const Block& block);
  void unexpected_indent(std::string_view help);

  int height_ = 0;  // of the last value or dim, in nodes
};

}  // namespace neuro::ns
