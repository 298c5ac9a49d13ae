// The loaders: rows kept in memory, and rows parsed ahead from a file that is too large to keep.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "jsonl.h"
#include "neuro/codes.h"
#include "neuro/str.h"
#include "neuro/suggest.h"
#include "order.h"

namespace neuro {
namespace {

/// Where rows come from, for messages.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual Span quote(SourceMap& sources, std::uint64_t row) const = 0;
  virtual std::string place(std::uint64_t row) const = 0;
  virtual std::string fingerprint() const = 0;
};

class FileRows final : public RowSource {
 public:
  explicit FileRows(std::shared_ptr<const JsonlFile> file) : file_(std::move(file)) {}
  Span quote(SourceMap& sources, std::uint64_t row) const override {
    std::string_view line = file_->line(row);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto number = static_cast<std::uint32_t>(file_->line_number(row));
    const std::uint32_t source = sources.add(file_->path().string(), std::string(line), number);
    return {source, 0, static_cast<std::uint32_t>(line.size())};
  }
  std::string place(std::uint64_t row) const override {
    return str(file_->path().string(), ":", file_->line_number(row));
  }
  std::string fingerprint() const override { return file_->fingerprint(); }

 private:
  std::shared_ptr<const JsonlFile> file_;
};

class MemoryRows final : public RowSource {
 public:
  explicit MemoryRows(std::vector<Tensor> values) : values_(std::move(values)) {}
  Span quote(SourceMap& sources, std::uint64_t row) const override {
    return {sources.add("<memory>", str("row ", row)), 0, 0};
  }
  std::string place(std::uint64_t row) const override { return str("row ", row); }
  std::string fingerprint() const override {
    std::string all;
    for (const Tensor& t : values_) all += files::checksum({static_cast<const char*>(t.raw()), t.bytes()});
    return files::checksum(all);
  }

 private:
  std::vector<Tensor> values_;
};

/// All rows in memory, one tensor a column: a batch is a copy of its rows.
class TableLoader final : public DataLoader {
 public:
  TableLoader(std::vector<Column> columns, std::vector<Tensor> values, std::unique_ptr<RowSource> source,
              const LoaderOptions& options)
      : columns_(std::move(columns)),
        values_(std::move(values)),
        source_(std::move(source)),
        order_(static_cast<std::uint64_t>(values_.front().shape()[0]), options) {
    for (const Tensor& tensor : values_) {
      data_.push_back(
          {static_cast<const char*>(tensor.raw()), tensor.bytes() / std::max<std::uint64_t>(order_.rows(), 1)});
    }
  }

  const std::vector<Column>& columns() const override { return columns_; }
  std::uint64_t size() const override { return order_.rows(); }
  std::uint64_t batches() const override { return order_.batches(); }
  Position position() const override { return position_; }
  void seek(Position position) override { position_ = position; }
  std::int64_t upcoming() const override { return order_.upcoming(position_); }

  void next(std::span<void* const> into) override {
    const auto count = static_cast<std::uint64_t>(upcoming());
    if (!order_.shuffle()) {
      for (std::size_t c = 0; c < data_.size(); ++c) {
        std::memcpy(into[c], data_[c].first + position_.row * data_[c].second, count * data_[c].second);
      }
    } else {
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t row = order_.row_at({position_.epoch, position_.row + i});
        for (std::size_t c = 0; c < data_.size(); ++c) {
          const std::size_t bytes = data_[c].second;
          std::memcpy(static_cast<char*>(into[c]) + i * bytes, data_[c].first + row * bytes, bytes);
        }
      }
    }
    position_.row += count;
  }

  std::uint64_t row_at(Position position) const override { return order_.row_at(position); }
  Span quote_row(SourceMap& sources, std::uint64_t row) const override { return source_->quote(sources, row); }
  std::string place(std::uint64_t row) const override { return source_->place(row); }
  std::string fingerprint() const override { return source_->fingerprint(); }

 private:
  std::vector<Column> columns_;
  std::vector<Tensor> values_;
  std::vector<std::pair<const char*, std::size_t>> data_;  // first byte and bytes of a row, by column
  std::unique_ptr<RowSource> source_;
  Order order_;
  Position position_;
};

/// Rows parsed again in every epoch, a few batches ahead, by a thread of its own.
class StreamLoader final : public DataLoader {
 public:
  StreamLoader(std::shared_ptr<const JsonlFile> file, const LoaderOptions& options)
      : file_(std::move(file)), source_(file_), order_(file_->rows(), options), reader_order_(order_), slots_(kAhead) {
    for (const Column& column : file_->columns()) {
      row_bytes_.push_back(static_cast<std::size_t>(column.row.elements()) * size_of(column.dtype));
    }
    for (Slot& slot : slots_) {
      for (const std::size_t bytes : row_bytes_)
        slot.columns.emplace_back(bytes * std::min(order_.batch(), order_.rows()) + 8);
    }
    thread_ = std::jthread([this](std::stop_token stop) { read_ahead(stop); });
  }
  ~StreamLoader() override {
    thread_.request_stop();
    wake_.notify_all();
  }

  const std::vector<Column>& columns() const override { return file_->columns(); }
  std::uint64_t size() const override { return order_.rows(); }
  std::uint64_t batches() const override { return order_.batches(); }
  Position position() const override { return position_; }
  std::int64_t upcoming() const override { return order_.upcoming(position_); }

  void seek(Position position) override {
    if (position == position_) return;
    const std::lock_guard lock(mutex_);
    // The reader goes on into the next epoch by itself: a seek to its beginning throws nothing away.
    const bool expected = upcoming() == 0 && position == Position{position_.epoch + 1, 0};
    position_ = position;
    if (expected) return;
    ahead_ = position;
    filled_ = 0;
    taken_ = 0;
    ++generation_;
    wake_.notify_all();
  }

  void next(std::span<void* const> into) override {
    std::unique_lock lock(mutex_);
    if (filled_ == 0 && !failure_) {
      const auto before = std::chrono::steady_clock::now();
      wake_.wait(lock, [&] { return filled_ > 0 || failure_; });
      waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
    }
    if (failure_) std::rethrow_exception(failure_);
    const auto count = static_cast<std::uint64_t>(upcoming());
    const Slot& slot = slots_[taken_ % kAhead];
    for (std::size_t c = 0; c < into.size(); ++c) std::memcpy(into[c], slot.columns[c].data(), count * row_bytes_[c]);
    ++taken_;
    --filled_;
    position_.row += count;
    wake_.notify_all();
  }

  double waited() const override { return waited_; }

  std::uint64_t row_at(Position position) const override { return order_.row_at(position); }
  Span quote_row(SourceMap& sources, std::uint64_t row) const override { return source_.quote(sources, row); }
  std::string place(std::uint64_t row) const override { return source_.place(row); }
  std::string fingerprint() const override { return source_.fingerprint(); }

 private:
  static constexpr std::size_t kAhead = 4;
  struct Slot {
    std::vector<std::vector<char>> columns;
  };

  void read_ahead(const std::stop_token& stop) {
    try {
      RowParser parser;
      std::unique_lock lock(mutex_);
      while (order_.batches() > 0) {
        wake_.wait(lock, stop, [&] { return filled_ < kAhead; });
        if (stop.stop_requested()) return;
        if (order_.upcoming(ahead_) == 0) ahead_ = {ahead_.epoch + 1, 0};
        const Position from = ahead_;
        const std::uint64_t generation = generation_;
        Slot& slot = slots_[(taken_ + filled_) % kAhead];
        lock.unlock();
        parse(parser, from, slot);
        lock.lock();
        if (generation != generation_) continue;  // somebody sought elsewhere meanwhile
        ahead_.row += static_cast<std::uint64_t>(order_.upcoming(from));
        ++filled_;
        wake_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      wake_.notify_all();
    }
  }

  void parse(RowParser& parser, Position from, Slot& slot) const {
    std::vector<void*> into(row_bytes_.size());
    std::vector<char> has_point(row_bytes_.size());
    const auto count = static_cast<std::uint64_t>(order_.upcoming(from));
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t row = reader_order_.row_at({from.epoch, from.row + i});
      for (std::size_t c = 0; c < into.size(); ++c) into[c] = slot.columns[c].data() + i * row_bytes_[c];
      if (!parser.parse(file_->line(row), file_->fields(), file_->columns(), into, has_point)) {
        throw Error(ErrorCode::data, str(source_.place(row),
                                         ": the row cannot be read any more: the file was changed "
                                         "while it was in use"));
      }
    }
  }

  std::shared_ptr<const JsonlFile> file_;
  FileRows source_;
  Order order_;
  Order reader_order_;  // the reading thread's own
  std::vector<std::size_t> row_bytes_;
  Position position_;
  double waited_ = 0;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<Slot> slots_;
  std::size_t taken_ = 0, filled_ = 0;
  std::uint64_t generation_ = 0;
  Position ahead_;
  std::exception_ptr failure_;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace

std::string Field::name() const {
  std::string out;
  for (const std::string& key : path) out += str(out.empty() ? "" : ".", key);
  return out;
}

std::vector<Field> fields_of(const DataConfig& config, std::span<const std::string> ports) {
  std::vector<Field> fields;
  const InputFields& input = config.input;
  if (input.size() == 1 && input.front().first.empty()) {
    // One name: the value itself, or with several ports an object by port name.
    for (const std::string& port : ports) {
      fields.push_back(ports.size() == 1 ? Field{{input.front().second}} : Field{{input.front().second, port}});
    }
  } else {
    std::string listed;
    for (const std::string& port : ports) listed += str(listed.empty() ? "" : ", ", port);
    if (input.size() != ports.size()) {
      throw Error(ErrorCode::config, str("`data.input` names ", input.size(), " fields, the model has ", ports.size(),
                                         " input ports: ", listed));
    }
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const auto found = std::find_if(input.begin(), input.end(), [&](const auto& f) { return f.first == ports[i]; });
      if (found == input.end() && !input.front().first.empty()) {
        throw Error(ErrorCode::config, str("`data.input` names no field for the input port `", ports[i],
                                           "`; the model's ports: ", listed));
      }
      fields.push_back({{found != input.end() ? found->second : input[i].second}});
    }
  }
  fields.push_back({{config.target}});
  return fields;
}

std::unique_ptr<DataLoader> open_jsonl(const std::filesystem::path& path, const LoaderOptions& options) {
  auto file = std::make_shared<JsonlFile>(path, options);
  std::vector<Tensor> values = file->take_values();
  if (values.empty()) return std::make_unique<StreamLoader>(std::move(file), options);
  std::vector<Column> columns = file->columns();
  return std::make_unique<TableLoader>(std::move(columns), std::move(values),
                                       std::make_unique<FileRows>(std::move(file)), options);
}

std::unique_ptr<DataLoader> make_tensor_loader(std::vector<Tensor> values, const LoaderOptions& options) {
  std::vector<Column> columns;
  for (std::size_t c = 0; c < values.size(); ++c) {
    Tensor& tensor = values[c];
    if (tensor.rank() == 0 || tensor.shape()[0] != values.front().shape().at(0)) {
      throw Error(ErrorCode::shape,
                  str("tensor loader: column ", c, " is ", tensor.shape(), ", the first column is ",
                      values.front().shape(), "; every column needs the same number of rows (axis 0)"));
    }
    if (tensor.dtype() != DType::f32 && tensor.dtype() != DType::i64) {
      throw Error(ErrorCode::dtype,
                  str("tensor loader: column ", c, " is ", name_of(tensor.dtype()), "; f32 and i64 are taken"));
    }
    if (!tensor.contiguous()) tensor = tensor.clone();
    Column column;
    column.name = c < options.fields.size() ? options.fields[c].name() : c + 1 < values.size() ? "input" : "target";
    column.row = tensor.shape().without(0);
    column.dtype = tensor.dtype();
    if (c + 1 == values.size()) observe(column, tensor.raw(), 0, static_cast<std::uint64_t>(tensor.shape()[0]));
    columns.push_back(std::move(column));
  }
  if (values.empty() || values.front().shape()[0] == 0) throw Error(ErrorCode::data, "tensor loader: no rows");
  auto source = std::make_unique<MemoryRows>(values);
  return std::make_unique<TableLoader>(std::move(columns), std::move(values), std::move(source), options);
}

std::string loader_for(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".jsonl" || extension == ".ndjson") return "jsonl";
  throw Error(ErrorCode::config, str("no data format for ", path.string(),
                                     ": this version reads .jsonl (one JSON object a line); "
                                     "write `data.format: jsonl` if it is one under another name"));
}

}  // namespace neuro
