import { EXPORT_FORMATS } from './export/export-formats.js';
import { REPORT_FORMATS, type ReportFormat } from './format-name.js';

/** A format together with the Content-Type in which it is answered. */
export interface FormatOffer {
  format: ReportFormat;
  mediaType: string;
}

/** What is offered, in the order of preference: where a request likes several formats equally, the first one is answered. */
export const FORMAT_OFFERS: readonly FormatOffer[] = [
  { format: 'json', mediaType: 'application/json; charset=utf-8' },
  ...REPORT_FORMATS.filter((format) => format !== 'json').map((format) => ({
    format,
    mediaType: EXPORT_FORMATS[format].mediaType,
  })),
  // The same bytes for a client that asks for JUnit by name: application/xml may be any XML.
  { format: 'junit', mediaType: 'application/junit+xml; charset=utf-8' },
];

interface MediaRange {
  type: string;
  subtype: string;
  quality: number;
}

interface Match {
  offer: FormatOffer;
  quality: number;
  specificity: number;
  position: number;
}

const MEDIA_RANGE = /^([!#$%&'*+.^_`|~0-9a-z-]+)\/([!#$%&'*+.^_`|~0-9a-z-]+)$/;
/** Also without the zero before the point, as Java's own client writes it. */
const QUALITY = /^(0?(\.\d{0,3})?|1(\.0{0,3})?)$/;

/** The offer of a format by its name. */
export function offerOf(format: ReportFormat): FormatOffer | null {
  return FORMAT_OFFERS.find((offer) => offer.format === format) ?? null;
}

/**
 * The offer that an Accept header (RFC 9110, 12.5.1) likes best, or null if it takes none: by quality, then the one that is named more
 * exactly, then the one that is named first. Without the header it is `json`. Parameters of media types other than `q` are not looked at.
 */
export function acceptedOffer(accept: string | undefined): FormatOffer | null {
  if (accept === undefined || accept.trim() === '') return offerOf('json');
  const ranges = accept.toLowerCase().split(',').flatMap(mediaRange);
  const matches = FORMAT_OFFERS.flatMap((offer) => matchOf(offer, ranges)).filter(({ quality }) => quality > 0);
  matches.sort((a, b) => b.quality - a.quality || b.specificity - a.specificity || a.position - b.position);
  return matches[0]?.offer ?? null;
}

/** The media types that are offered, without parameters, for a person to read. */
export function offeredMediaTypes(): string[] {
  return FORMAT_OFFERS.map(({ mediaType }) => withoutParameters(mediaType));
}

/** One part of an Accept header; none if it is not understood, as the RFC has it for what is malformed. */
function mediaRange(text: string): MediaRange[] {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim());
  const [, type, subtype] = MEDIA_RANGE.exec(name) ?? [];
  const weight = parameters.find((parameter) => /^q\s*=/.test(parameter))?.replace(/^q\s*=\s*/, '') ?? '1';
  if (type === undefined || subtype === undefined || !QUALITY.test(weight)) return [];
  if (type === '*' && subtype !== '*') return [];
  return [{ type, subtype, quality: Number(weight) }];
}

/** The most exact range that names the offer decides: `text/*, text/csv;q=0` takes every text but CSV. */
function matchOf(offer: FormatOffer, ranges: readonly MediaRange[]): Match[] {
  const [type, subtype] = withoutParameters(offer.mediaType).split('/');
  const matches = ranges.flatMap((range, position): Match[] => {
    const isSubtype = range.subtype === subtype;
    const isType = range.type === type;
    if (!(isType || range.type === '*') || !(isSubtype || range.subtype === '*')) return [];
    return [{ offer, quality: range.quality, specificity: Number(isType) + Number(isSubtype), position }];
  });
  return matches.sort((a, b) => b.specificity - a.specificity).slice(0, 1);
}

function withoutParameters(mediaType: string): string {
  return mediaType.split(';', 1)[0] ?? '';
}
