/** What the SAF CLI's reader (inspecjs 2.12, generated_parsers/v_1_0/exec-json) asks of a report, field by field. */
export interface Field {
  /** For messages. */
  name: string;
  optional: boolean;
  nullable: boolean;
  kinds: readonly ('string' | 'number' | 'boolean' | 'object')[];
  shape?: Shape;
  items?: Field;
  words?: readonly string[];
}

export type Shape = readonly (readonly [string, Field])[];

const field = (name: string, kinds: Field['kinds'], more: Partial<Field> = {}): Field => ({
  name,
  optional: false,
  nullable: false,
  kinds,
  ...more,
});
const maybe = (of: Field): Field => ({ ...of, optional: true, nullable: true });
const listOf = (items: Field): Field => field('a list', [], { items });
const object = (shape: Shape): Field => field('an object', [], { shape });
const all = (names: readonly string[], of: Field): Shape => names.map((name) => [name, of] as const);

const TEXT = field('a string', ['string']);
const NUMBER = field('a number', ['number']);
const ANY_OBJECT = field('an object', ['object']);
const MAYBE_TEXT = maybe(TEXT);
const MAYBE_NUMBER = maybe(NUMBER);

const RESULT: Shape = [
  ['backtrace', maybe(listOf(TEXT))],
  ['code_desc', TEXT],
  ...all(['exception', 'message', 'resource', 'resource_id', 'skip_message'], MAYBE_TEXT),
  ['run_time', MAYBE_NUMBER],
  ['start_time', TEXT],
  ['status', maybe(field('passed, failed, skipped or error', [], { words: ['error', 'failed', 'passed', 'skipped'] }))],
];

const WAIVER: Shape = [
  ...all(['expiration_date', 'justification', 'message'], MAYBE_TEXT),
  ['run', maybe(field('true or false', ['boolean']))],
  ['skipped_due_to_waiver', maybe(field('true, false or text', ['boolean', 'string']))],
];

const ATTESTATION: Shape = [
  ...all(['control_id', 'explanation', 'frequency', 'updated', 'updated_by'], TEXT),
  ['status', field('failed or passed', [], { words: ['failed', 'passed'] })],
];

const REFERENCE: Shape = [
  ['ref', field('text or a list of objects', ['string'], { optional: true, items: ANY_OBJECT })],
  ...all(['url', 'uri'], { ...TEXT, optional: true }),
];

const CONTROL: Shape = [
  ['attestation_data', maybe(object(ATTESTATION))],
  ...all(['code', 'desc', 'title'], MAYBE_TEXT),
  ['descriptions', maybe(listOf(object(all(['data', 'label'], TEXT))))],
  ['id', TEXT],
  ['impact', NUMBER],
  ['refs', listOf(object(REFERENCE))],
  ['results', listOf(object(RESULT))],
  ['source_location', object([['line', MAYBE_NUMBER], ...all(['ref'], MAYBE_TEXT)])],
  ['tags', ANY_OBJECT],
  ['waiver_data', maybe(object(WAIVER))],
];

const PROFILE: Shape = [
  ['attributes', listOf(ANY_OBJECT)],
  ['controls', listOf(object(CONTROL))],
  ...all(
    [
      'copyright',
      'copyright_email',
      'description',
      'inspec_version',
      'license',
      'maintainer',
      'parent_profile',
      'skip_message',
    ],
    MAYBE_TEXT,
  ),
  ...all(['status', 'status_message', 'summary', 'title', 'version'], MAYBE_TEXT),
  [
    'depends',
    maybe(
      listOf(
        object(
          all(
            ['branch', 'compliance', 'git', 'name', 'path', 'status', 'status_message', 'supermarket', 'url'],
            MAYBE_TEXT,
          ),
        ),
      ),
    ),
  ],
  [
    'groups',
    listOf(
      object([
        ['controls', listOf(TEXT)],
        ['id', TEXT],
        ['title', MAYBE_TEXT],
      ]),
    ),
  ],
  ...all(['name', 'sha256'], TEXT),
  [
    'supports',
    listOf(
      object(all(['os-family', 'os-name', 'platform', 'platform-family', 'platform-name', 'release'], MAYBE_TEXT)),
    ),
  ],
];

const STATISTIC = maybe(object([['total', NUMBER]]));

/** A whole report. */
export const EXEC_JSON: Shape = [
  [
    'platform',
    object([
      ['name', TEXT],
      ['release', TEXT],
      ['target_id', MAYBE_TEXT],
    ]),
  ],
  ['profiles', listOf(object(PROFILE))],
  [
    'statistics',
    object([
      ['controls', maybe(object(all(['failed', 'passed', 'skipped'], STATISTIC)))],
      ['duration', MAYBE_NUMBER],
    ]),
  ],
  ['version', TEXT],
];
