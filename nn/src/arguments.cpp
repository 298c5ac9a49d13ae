#include "arguments.h"

#include <algorithm>

#include "neuro/codes.h"
#include "neuro/error.h"
#include "neuro/str.h"
#include "neuro/suggest.h"

namespace neuro {

const Argument* Arguments::find(std::string_view name) const {
  const auto it = std::find_if(items_.begin(), items_.end(), [&](const Argument& a) { return a.name == name; });
  return it == items_.end() ? nullptr : &*it;
}

bool Arguments::known() const {
  return std::all_of(items_.begin(), items_.end(), [](const Argument& a) { return a.value.known(); });
}

const Value& Arguments::value(std::string_view name) const {
  const Argument* argument = find(name);
  if (!argument) throw Error(ErrorCode::internal, str("no parameter `", name, "`"));
  return argument->value;
}

namespace {
[[noreturn]] void wrong_kind(std::string_view name, const Value& value) {
  throw Error(ErrorCode::invalid_argument, str("parameter `", name, "` cannot be ", text_of(value)));
}
}  // namespace

std::int64_t Arguments::integer(std::string_view name) const {
  const auto v = value(name).integer();
  if (!v) wrong_kind(name, value(name));
  return *v;
}

double Arguments::number(std::string_view name) const {
  const auto v = value(name).number();
  if (!v) wrong_kind(name, value(name));
  return *v;
}

bool Arguments::flag(std::string_view name) const {
  if (const bool* v = std::get_if<bool>(&value(name).data)) return *v;
  return integer(name) != 0;
}

std::string Arguments::text(std::string_view name) const {
  if (const auto* v = std::get_if<std::string>(&value(name).data)) return *v;
  wrong_kind(name, value(name));
}

std::vector<std::int64_t> Arguments::integers(std::string_view name, std::size_t n) const {
  const Value& v = value(name);
  const auto* items = std::get_if<std::vector<Value>>(&v.data);
  if (!items) return std::vector<std::int64_t>(n, integer(name));
  std::vector<std::int64_t> out;
  for (const Value& item : *items) out.push_back(item.integer().value_or(0));
  if (out.size() != n) {
    throw Error(ErrorCode::invalid_argument, str("`", name, "` takes one number or ", n, ", receives ", text_of(v)));
  }
  return out;
}

std::string signature_text(const std::string& name, const std::vector<ParamSpec>& params) {
  std::string out = name + "(";
  for (const ParamSpec& p : params) {
    if (out.back() != '(') out += ", ";
    out += p.name;
    if (p.default_value) out += str("=", text_of(*p.default_value));
  }
  return out + ")";
}

namespace {

int index_of(const std::vector<ParamSpec>& params, const std::string& name) {
  for (std::size_t i = 0; i < params.size(); ++i) {
    const auto& aliases = params[i].aliases;
    if (params[i].name == name || std::find(aliases.begin(), aliases.end(), name) != aliases.end())
      return static_cast<int>(i);
  }
  return -1;
}

std::string list_text(const std::vector<std::string>& names, const char* last = " and ") {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += str(i == 0 ? "" : (i + 1 == names.size() ? last : ", "), "`", names[i], "`");
  }
  return out;
}

}  // namespace

bool match_arguments(const ModuleDecl& call, const std::vector<ParamSpec>& params, Diagnostics& diags,
                     std::vector<int>& taken) {
  const std::string signature = signature_text(call.callee, params);
  taken.assign(params.size(), -1);
  bool fine = true;
  std::vector<std::string> meant;  // what misspelt names stand for: not missing as well
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    const ArgDecl& arg = call.args[i];
    if (!arg.name) continue;
    const int at = index_of(params, *arg.name);
    if (at < 0) {
      auto& d = diags.error(codes::kUnknownArgument, str(call.callee, " has no parameter `", *arg.name, "`"));
      d.primary(arg.name_span, "unknown parameter");
      std::vector<std::string> open;
      for (std::size_t p = 0; p < params.size(); ++p) {
        if (taken[p] < 0) open.push_back(params[p].name);
      }
      if (const auto near = nearest(*arg.name, std::span<const std::string>(open))) {
        d.help(str("did you mean `", *near, "`?"));
        meant.push_back(*near);
      }
      d.note(str("it takes: ", signature));
      fine = false;
    } else if (taken[static_cast<std::size_t>(at)] >= 0) {
      const auto first = static_cast<std::size_t>(taken[static_cast<std::size_t>(at)]);
      diags
          .error(codes::kDuplicateArgument,
                 str("`", params[static_cast<std::size_t>(at)].name, "` of ", call.callee, " is given twice"))
          .primary(arg.span, "given again here")
          .secondary(call.args[first].span, "first given here");
      fine = false;
    } else {
      taken[static_cast<std::size_t>(at)] = static_cast<int>(i);
    }
  }
  std::size_t next = 0, surplus = 0, positional = 0;
  const ArgDecl* first_surplus = nullptr;
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    if (call.args[i].name) continue;
    ++positional;
    while (next < params.size() && taken[next] >= 0) ++next;
    if (next < params.size()) {
      taken[next] = static_cast<int>(i);
    } else if (++surplus == 1) {
      first_surplus = &call.args[i];
    }
  }
  if (surplus > 0) {
    const std::size_t most = params.size();
    diags
        .error(codes::kTooManyArguments, str(call.callee, " takes ",
                                             most == 0 ? std::string("no arguments")
                                                       : str("at most ", most, most == 1 ? " argument" : " arguments"),
                                             ", receives ", call.args.size()))
        .primary(first_surplus->span, surplus == 1 ? "one too many" : str(surplus, " too many, from here"))
        .note(str("it takes: ", signature));
    fine = false;
  }
  std::vector<std::string> missing;
  for (std::size_t p = 0; p < params.size(); ++p) {
    const bool misspelt = std::find(meant.begin(), meant.end(), params[p].name) != meant.end();
    if (taken[p] < 0 && !params[p].default_value && !params[p].optional && !misspelt) missing.push_back(params[p].name);
  }
  if (!missing.empty()) {
    auto& d = diags.error(codes::kMissingArgument, str(call.callee, " needs ", list_text(missing)));
    d.primary(call.span,
              str(missing.size() == 1 ? "this argument is" : "these arguments are", " missing: ", list_text(missing)));
    d.note(str("it takes: ", signature));
    fine = false;
  }
  return fine;
}

namespace {

const char* kind_text(ParamKind kind) {
  switch (kind) {
    case ParamKind::any: return "a value";
    case ParamKind::integer: return "a whole number";
    case ParamKind::number: return "a number";
    case ParamKind::flag: return "true or false";
    case ParamKind::text: return "a word";
    case ParamKind::integers: return "a whole number or a list of them";
    case ParamKind::neuron: return "a neuron";
  }
  return "a value";
}

bool in_range(const ParamSpec& param, const Value& value) {
  const auto n = value.number();
  return !n || (*n >= param.min && *n <= param.max);
}

}  // namespace

std::optional<Value> convert_argument(const ParamSpec& param, const Value& value, std::string& problem) {
  const auto refuse = [&]() -> std::optional<Value> {
    problem = str("takes ", kind_text(param.kind), ", receives ", text_of(value));
    return std::nullopt;
  };
  const auto* items = std::get_if<std::vector<Value>>(&value.data);
  if (param.kind == ParamKind::any || (!value.known() && !items)) return value;
  Value out = value;
  switch (param.kind) {
    case ParamKind::any: break;
    case ParamKind::neuron:
      if (!value.neuron()) return refuse();
      break;
    case ParamKind::integers:
      if (items) {
        for (const Value& item : *items) {
          if (item.known() && !item.integer()) return refuse();
          if (!in_range(param, item)) out = item;
        }
        break;
      }
      [[fallthrough]];
    case ParamKind::integer:
      if (!value.integer()) return refuse();
      out = Value{Dim(*value.integer())};
      break;
    case ParamKind::number:
      if (!value.number()) return refuse();
      break;
    case ParamKind::flag:
      if (!std::holds_alternative<bool>(value.data)) return refuse();
      break;
    case ParamKind::text:
      if (!std::holds_alternative<std::string>(value.data)) return refuse();
      if (const auto& c = param.choices; std::find(c.begin(), c.end(), std::get<std::string>(value.data)) == c.end()) {
        problem =
            str("takes ", list_text(param.choices, " or "), ", receives `", std::get<std::string>(value.data), "`");
        return std::nullopt;
      }
      break;
  }
  if (!in_range(param, out)) {
    const std::string range =
        param.max > 9e18 ? str("at least ", param.min) : str("from ", param.min, " to ", param.max);
    problem = str("takes ", kind_text(param.kind), ", ", range, "; receives ", text_of(value));
    return std::nullopt;
  }
  return out;
}

}  // namespace neuro
