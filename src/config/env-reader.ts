export type Env = Readonly<Record<string, string | undefined>>;

/** One variable that cannot be used, and what is wrong with it. */
export interface ConfigProblem {
  readonly variable: string;
  readonly problem: string;
}

/** Reads variables and collects what is wrong with them, so that all problems can be told at once. Stand-ins are returned for bad values. */
export class EnvReader {
  readonly problems: ConfigProblem[] = [];

  constructor(private readonly env: Env) {}

  /** Notes a problem; the text must not hold the value of a secret. */
  fault(variable: string, problem: string): void {
    this.problems.push({ variable, problem });
  }

  /** The value without the blanks around it, or null if it is unset or empty. */
  text(variable: string): string | null {
    const value = this.env[variable]?.trim();
    return value === undefined || value === '' ? null : value;
  }

  required(variable: string, what: string): string | null {
    const value = this.text(variable);
    if (value === null) this.fault(variable, `is not set; it has to be ${what}`);
    return value;
  }

  integer(variable: string, range: { fallback: number; min: number; max: number }): number {
    const value = this.text(variable);
    if (value === null) return range.fallback;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    if (number >= range.min && number <= range.max) return number;
    this.fault(variable, `is ${JSON.stringify(value)}; it has to be a whole number from ${range.min} to ${range.max}`);
    return range.fallback;
  }

  oneOf<const T extends string>(variable: string, allowed: readonly T[], fallback: T): T {
    const value = this.text(variable);
    if (value === null) return fallback;
    const found = allowed.find((item) => item === value);
    if (found === undefined)
      this.fault(variable, `is ${JSON.stringify(value)}; it has to be one of ${allowed.join(', ')}`);
    return found ?? fallback;
  }

  /** A value of a form; without a fallback the variable has to be set. */
  matching(variable: string, fallback: string | null, form: RegExp, what: string): string {
    const value = fallback === null ? this.required(variable, what) : (this.text(variable) ?? fallback);
    if (value === null) return '';
    if (!form.test(value)) this.fault(variable, `is ${JSON.stringify(value)}; it has to be ${what}`);
    return value;
  }

  /** A URL that may hold a password: it is never shown. */
  url(variable: string, schemes: readonly string[]): string {
    const form = schemes.map((scheme) => `${scheme}://…`).join(' or ');
    const value = this.required(variable, `a URL: ${form}`);
    if (value === null) return '';
    const url = URL.canParse(value) ? new URL(value) : null;
    if (url === null || !schemes.includes(url.protocol.slice(0, -1))) {
      this.fault(variable, `is not a URL of the form ${form} (its value is not shown, it may hold a password)`);
    } else if (url.hostname === '' && !url.searchParams.has('host')) {
      this.fault(variable, 'names no host');
    }
    return value;
  }

  /** A Kubernetes quantity above zero, such as 250m or 512Mi. */
  quantity(variable: string, fallback: string): string {
    const value = this.text(variable) ?? fallback;
    const amount = quantityOf(value);
    if (amount !== null && amount > 0) return value;
    this.fault(
      variable,
      `is ${JSON.stringify(value)}; it has to be a Kubernetes quantity above zero, such as ${fallback}`,
    );
    return fallback;
  }

  /** Notes a problem if the first quantity is above the second: the API server would refuse every scan pod. */
  atMost(variable: string, quantity: string, limitVariable: string, limit: string): void {
    if ((quantityOf(quantity) ?? 0) > (quantityOf(limit) ?? Infinity)) {
      this.fault(variable, `(${quantity}) is more than ${limitVariable} (${limit})`);
    }
  }
}

const SUFFIXES: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A Kubernetes quantity as a number (cores, bytes), or null if it is none of the forms that make sense here. */
export function quantityOf(text: string): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,9})?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text);
  return match ? Number(match[1]) * (SUFFIXES[match[2] ?? ''] ?? NaN) : null;
}
