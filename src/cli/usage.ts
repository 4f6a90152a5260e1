/** A command line that cannot be followed; the message is for the person who typed it. */
export class UsageError extends Error {}

export const USAGE = `Usage:
  sidescan summary REPORT… [--format table|json|yaml|markdown] [--mode strict|saf]
  sidescan evaluate REPORT… (-T FILE | -I TEXT) [--format table|json|junit] [--mode strict|saf]
  sidescan scan --image REF (--profile NAME[@VERSION] | --config-map NAME | --digest SHA256)
                [-T FILE | -I TEXT | --threshold-name NAME] [--wait] [--format table|json|junit] [options below]
  sidescan report SCAN [--format json|csv|junit|sarif|html|markdown] [-o FILE]

REPORT is a report of CINC Auditor or InSpec ("--reporter json"); "-" reads it from standard input.

  -T, --threshold FILE   the threshold, YAML or JSON
  -I, --inline TEXT      the threshold on the command line, such as "{compliance.min: 80}, {failed.critical.max: 0}"
  -f, --format FORMAT    what to print (default: table)
  -m, --mode MODE        strict (default), or saf: what the MITRE SAF CLI would say
  -h, --help             this text

scan and report ask a server:

  --url URL              where it is (default: SIDESCAN_URL)
  --key-file FILE        a file that holds the API key and nothing else (default: the key in SIDESCAN_API_KEY)
  --retry-for SECONDS    how long a lost connection is tried again (default: 120)

scan also takes:

  --wait                 wait for the end and exit by the verdict; Ctrl-C cancels the scan
  --threshold-name NAME  a threshold that the server keeps
  --input NAME=VALUE     an input of the profile; may be given again
  --input-file FILE      inputs by name, YAML or JSON; may be given again
  --sensitive-input-file FILE   the same for secrets, which are kept encrypted and never shown
  --waiver-file FILE     waivers by control id, as the auditor takes them; may be given again
  --label KEY=VALUE      a mark to find the scan by; may be given again
  --timeout SECONDS      after which the scan fails
  --pull-secret NAME     the Secret to pull the image with
  --security-mode MODE   general, baseline or restricted
  --allow PROGRAM        a program of the image that the profile may run; may be given again

report also takes:

  -o, --output FILE      where to write it (default: standard output)

Exit code: 0 passed, 1 failed, 2 error. A report or threshold that cannot be read is always an error, and so is a scan
that failed, was canceled, was refused, or whose end is not known. Without --wait, 0 says that the scan was accepted.
`;
