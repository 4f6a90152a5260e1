/** A command line that cannot be followed; the message is for the person who typed it. */
export class UsageError extends Error {}

export const USAGE = `Usage:
  sidescan summary REPORT… [--format table|json|yaml|markdown] [--mode strict|saf]
  sidescan evaluate REPORT… (-T FILE | -I TEXT) [--format table|json|junit] [--mode strict|saf]

REPORT is a report of CINC Auditor or InSpec ("--reporter json"); "-" reads it from standard input.

  -T, --threshold FILE   the threshold, YAML or JSON
  -I, --inline TEXT      the threshold on the command line, such as "{compliance.min: 80}, {failed.critical.max: 0}"
  -f, --format FORMAT    what to print (default: table)
  -m, --mode MODE        strict (default), or saf: what the MITRE SAF CLI would say
  -h, --help             this text

Exit code: 0 passed, 1 failed, 2 error. A report or threshold that cannot be read is always an error.
`;
