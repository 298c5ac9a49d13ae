// nsrun: the command line of libneuro. Every way out of the program is here, with its exit code.
#include <csignal>
#include <exception>
#include <new>

#include "cli.h"
#include "console.h"
#include "exit_code.h"
#include "neuro/str.h"

int main(int argc, char** argv) {
  using namespace nsrun;
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away must not end a training run
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    console().error(error.what(), error.help());
    return kUsage;
  } catch (const neuro::Error& error) {
    return report(error);
  } catch (const std::bad_alloc&) {
    console().error("out of memory", "a smaller batch_size or model needs less");
    return kResource;
  } catch (const std::exception& error) {
    console().error(neuro::str("unexpected: ", error.what()), "this is a bug; please report it with the command");
    return kInternal;
  }
}
