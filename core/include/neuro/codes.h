#pragma once
// The stable codes of all diagnostics. A code never changes its meaning and is never used again; `nsrun explain CODE`
// has a page for each. The names are the kinds of the language's error catalogue. W: a warning.

namespace neuro::codes {

// ---- NS01xx: characters, words and syntax --------------------------------------------------------------------------
inline constexpr const char* kUnexpectedToken = "NS0101";      ///< a word or sign that cannot stand here
inline constexpr const char* kUnexpectedCharacter = "NS0102";  ///< a character outside the language (look-alikes too)
inline constexpr const char* kInvalidEncoding = "NS0103";      ///< bytes that are not UTF-8, or a NUL byte
inline constexpr const char* kSlashComment = "NS0104";         ///< `//` where `#` starts a comment
inline constexpr const char* kUnclosedBracket = "NS0105";      ///< an opening bracket without its partner
inline constexpr const char* kUnmatchedBracket = "NS0106";     ///< a closing bracket without its partner
inline constexpr const char* kInvalidString = "NS0107";        ///< a string that stays open, or with an unknown escape
inline constexpr const char* kInvalidNumber = "NS0108";        ///< a number that does not fit or is misspelt
inline constexpr const char* kMissingColon = "NS0109";         ///< a header without its `:`
inline constexpr const char* kUnexpectedIndent = "NS0110";     ///< a line deeper than anything that opened a block
inline constexpr const char* kEmptyBlock = "NS0111";           ///< a header with nothing after it
inline constexpr const char* kUnknownSection = "NS0112";       ///< a section other than in, out, context, graph, impl
inline constexpr const char* kChainedComparison = "NS0113";    ///< `a < b < c`
inline constexpr const char* kTooDeep = "NS0114";              ///< brackets, blocks or operators nested too deep
inline constexpr const char* kTooLarge = "NS0115";             ///< a source larger than the parser takes
inline constexpr const char* kMixedIndentation = "NS0116";     ///< W: tabs and spaces in one block
inline constexpr const char* kMisplacedDoc = "NS0117";         ///< W: `///` that does not precede a neuron
inline constexpr const char* kAmbiguousFlatElse = "NS0118";    ///< W: without indentation, where a last branch ends
inline constexpr const char* kAmbiguousFlatUnroll = "NS0119";  ///< W: without indentation, where an unroll ends

// ---- NS02xx: names and arguments -----------------------------------------------------------------------------------
inline constexpr const char* kDuplicateNeuron = "NS0201";
inline constexpr const char* kReservedName = "NS0202";
inline constexpr const char* kMissingParentheses = "NS0203";
inline constexpr const char* kMissingNeuron = "NS0204";
inline constexpr const char* kUnknownNode = "NS0205";
inline constexpr const char* kUnknownName = "NS0206";
inline constexpr const char* kUnknownArgument = "NS0207";
inline constexpr const char* kMissingArgument = "NS0208";
inline constexpr const char* kTooManyArguments = "NS0209";
inline constexpr const char* kDuplicateArgument = "NS0210";
inline constexpr const char* kNotAConstructor = "NS0211";
inline constexpr const char* kNeuronArgumentExpected = "NS0212";
inline constexpr const char* kDuplicateBinding = "NS0213";
inline constexpr const char* kDuplicateName = "NS0214";  ///< two parameters or two ports of one name
inline constexpr const char* kGlobalInContext = "NS0215";
inline constexpr const char* kImportError = "NS0216";
inline constexpr const char* kInvalidArgument = "NS0217";  ///< a value of the wrong type or outside its range

// ---- NS03xx: shapes ------------------------------------------------------------------------------------------------
inline constexpr const char* kShapeMismatch = "NS0301";
inline constexpr const char* kRankMismatch = "NS0302";
inline constexpr const char* kElementCountMismatch = "NS0303";
inline constexpr const char* kDimensionConflict = "NS0304";
inline constexpr const char* kUnsolvableDimension = "NS0305";
inline constexpr const char* kPreconditionFailed = "NS0306";
inline constexpr const char* kMultipleVariadics = "NS0307";
inline constexpr const char* kKernelContract = "NS0308";  ///< W, or an error where provably impossible
inline constexpr const char* kOutputPromise = "NS0309";   ///< W where it goes through convolution arithmetic
inline constexpr const char* kDimensionOverflow = "NS0310";
inline constexpr const char* kInvalidReshape = "NS0311";     ///< a target of `=>` that names cannot make
inline constexpr const char* kInvalidAnnotation = "NS0312";  ///< `@reduce` or `@repeat` that cannot be done
inline constexpr const char* kPositionalReshape = "NS0313";  ///< W: `=>` of sizes without names

// ---- NS04xx: structure of the graph --------------------------------------------------------------------------------
inline constexpr const char* kArityMismatch = "NS0401";
inline constexpr const char* kVariadicPort = "NS0402";
inline constexpr const char* kCycleDetected = "NS0403";
inline constexpr const char* kDuplicateAssignment = "NS0404";
inline constexpr const char* kUnassignedOutput = "NS0405";
inline constexpr const char* kConflictingBody = "NS0406";
inline constexpr const char* kEmptyBody = "NS0407";  ///< W for a neuron without ports
inline constexpr const char* kInvalidRecursion = "NS0408";
inline constexpr const char* kInvalidEndpoint = "NS0409";  ///< `in` as a destination, `out` as a source
inline constexpr const char* kUnusedValue = "NS0410";      ///< W: an intermediate that nothing reads
inline constexpr const char* kNotBuiltYet = "NS0411";      ///< parses, but is not elaborated in this version
inline constexpr const char* kMutualLazyRecursion = "NS0412";
inline constexpr const char* kRecursionLimit = "NS0413";
inline constexpr const char* kInvalidUnrollCount = "NS0414";
inline constexpr const char* kNonExhaustiveMatch = "NS0415";
inline constexpr const char* kUnreachableArm = "NS0416";      ///< W: an earlier arm takes all that it would
inline constexpr const char* kImpossibleArm = "NS0417";       ///< W: no value that arrives fits its pattern
inline constexpr const char* kMaybeNonExhaustive = "NS0418";  ///< W: the guards may all be false
inline constexpr const char* kInconsistentArms = "NS0419";    ///< arms that give different values
inline constexpr const char* kContractUnresolved = "NS0420";  ///< no arm of `match(p)` fits the neuron behind p

// ---- NS05xx: loss and data -----------------------------------------------------------------------------------------
inline constexpr const char* kLossNotInferred = "NS0501";
inline constexpr const char* kTargetOutOfRange = "NS0502";
inline constexpr const char* kInvalidRecord = "NS0503";  ///< a line that is not one JSON object
inline constexpr const char* kMissingField = "NS0504";
inline constexpr const char* kRaggedRow = "NS0505";    ///< rows or nested lists of differing lengths
inline constexpr const char* kNotANumber = "NS0506";   ///< text, null or a non-finite number where a number belongs
inline constexpr const char* kInputShape = "NS0507";   ///< a row that does not fit the port
inline constexpr const char* kTargetShape = "NS0508";  ///< a target that does not fit the output
inline constexpr const char* kNoRows = "NS0509";
inline constexpr const char* kInvalidQuotes = "NS0510";  ///< CSV: quotes that do not match
inline constexpr const char* kRefusedRecord = "NS0511";  ///< CSV: a record that the program's own function refused

// ---- NS06xx: configuration -----------------------------------------------------------------------------------------
inline constexpr const char* kInvalidYaml = "NS0611";
inline constexpr const char* kUnknownKey = "NS0612";
inline constexpr const char* kDuplicateKey = "NS0613";
inline constexpr const char* kWrongType = "NS0614";
inline constexpr const char* kOutOfRange = "NS0615";
inline constexpr const char* kContradiction = "NS0616";
inline constexpr const char* kMissingFile = "NS0617";
inline constexpr const char* kMissingKey = "NS0618";
inline constexpr const char* kUnsupportedSetting = "NS0619";  ///< valid, but not built in this version (`device: cuda`)

}  // namespace neuro::codes
