import type { EvaluatedControl, Evaluation } from '../../results/evaluation.js';
import type { Judgement } from '../../thresholds/judge.js';

/** A control as it leaves its report: where its root stands in there is of use to exports alone. */
export type JudgedControl = Omit<EvaluatedControl, 'root'>;

/** What a report comes to; without a threshold there is no judgement. */
export interface JudgedReport {
  evaluation: Omit<Evaluation, 'controls'> & { controls: JudgedControl[] };
  judgement: Judgement | null;
}

/** A judged report on its way between threads. */
export interface SentReport extends Pick<JudgedReport, 'judgement'> {
  evaluation: Omit<Evaluation, 'controls'>;
  columns: ControlColumns;
}

/** Lists of one length: twenty thousand objects keep the thread that takes them in six times as long. */
type ControlColumns = { [Key in keyof JudgedControl]: JudgedControl[Key][] };

/** Takes the controls apart into columns. */
export function sent({ controls, ...evaluation }: Evaluation, judgement: Judgement | null): SentReport {
  const columns: ControlColumns = {
    controlId: controls.map(({ controlId }) => controlId),
    profileName: controls.map(({ profileName }) => profileName),
    title: controls.map(({ title }) => title),
    status: controls.map(({ status }) => status),
    severity: controls.map(({ severity }) => severity),
    impact: controls.map(({ impact }) => impact),
    waived: controls.map(({ waived }) => waived),
    message: controls.map(({ message }) => message),
  };
  return { evaluation, columns, judgement };
}

/** Puts the controls together again, in their order. */
export function received({ evaluation, columns, judgement }: SentReport): JudgedReport {
  const { controlId, profileName, title, status, severity, impact, waived, message } = columns;
  // Every column has a value for every control; the type of an index does not know that.
  const at = <T>(column: readonly T[], i: number): T => column[i] as T;
  const controls = controlId.map((id, i): JudgedControl => ({
    controlId: id,
    profileName: at(profileName, i),
    title: at(title, i),
    status: at(status, i),
    severity: at(severity, i),
    impact: at(impact, i),
    waived: at(waived, i),
    message: at(message, i),
  }));
  return { evaluation: { ...evaluation, controls }, judgement };
}
