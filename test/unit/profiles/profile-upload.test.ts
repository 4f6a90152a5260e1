import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Zippable } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { ProfileLimits } from '../../../src/config/config.js';
import type { Fault } from '../../../src/domain/errors.js';
import type { ProfileArchive } from '../../../src/profiles/profile-archive.js';
import { readUpload } from '../../../src/profiles/profile-upload.js';
import { AUDITOR, checked, CONTROL, files, INSPEC_YML, LIMITS, TAR_END, tarEntry, tarGz, tarGzOf, zipOf } from '../../support/archives.factory.js';

async function taken(archive: Buffer, limits: Partial<ProfileLimits> = {}): Promise<ProfileArchive> {
  const read = await readUpload(archive, { ...LIMITS, ...limits }, AUDITOR);
  if (Array.isArray(read)) throw new Error(`refused: ${JSON.stringify(read)}`);
  return read;
}

async function refused(archive: Buffer, limits: Partial<ProfileLimits> = {}): Promise<Fault[]> {
  const read = await readUpload(archive, { ...LIMITS, ...limits }, AUDITOR);
  if (!Array.isArray(read)) throw new Error('it was taken');
  return read;
}

const about = (entry: string, detail: string): unknown[] => [{ entry, detail: expect.stringContaining(detail) as string }];
const whole = (detail: string): unknown[] => [{ detail: expect.stringContaining(detail) as string }];
const minimal = (): { name: string; bytes: string | Buffer }[] =>
  Object.entries(files()).map(([name, bytes]) => ({ name, bytes }));

describe('an archive is taken', () => {
  it('as a tar.gz, byte for byte', async () => {
    const archive = tarGzOf(files());
    const read = await taken(archive);
    expect(read).toMatchObject({ name: 'mine', version: '1.2.3', title: 'Mine', inputs: [] });
    expect(Buffer.from(read.bytes).equals(archive)).toBe(true);
    expect(read.digest).toBe(`sha256:${createHash('sha256').update(archive).digest('hex')}`);
  });

  it('in one folder, as GitHub packs it, with its global header, and with "./" before every name', async () => {
    const inFolder = minimal().map(({ name, bytes }) => ({ name: `mine-1.2.3/${name}`, bytes }));
    const global = { name: 'pax_global_header', type: 'g', bytes: '52 comment=0123456789012345678901234567890123456789\n' };
    await taken(tarGz([global, { name: 'mine-1.2.3/', type: '5' }, ...inFolder]));
    await taken(tarGz([{ name: './', type: '5' }, ...minimal().map((file) => ({ ...file, name: `./${file.name}` }))]));
  });

  it('with a long name in the two fields of ustar', async () => {
    await taken(tarGz([...minimal(), { prefix: 'files/'.padEnd(150, 'a'), name: 'b'.repeat(100) }]));
  });

  it('as a zip, whose digest follows from the files alone', async () => {
    const first = await taken(zipOf(files({ 'libraries/b.rb': 'x' })));
    const other = zipOf({ 'top/controls/a.rb': CONTROL, 'top/libraries/b.rb': 'x', 'top/inspec.yml': [Buffer.from(INSPEC_YML), { level: 0 }] });
    const second = await taken(other);
    expect(second.digest).toBe(first.digest);
    expect((await taken(zipOf(files({ 'libraries/b.rb': 'y' })))).digest).not.toBe(first.digest);
    const tar = gunzipSync(first.bytes);
    expect(tar.toString('latin1', 0, 13)).toBe('controls/a.rb');
    // What was made of it is itself an archive that is taken.
    expect((await taken(Buffer.from(first.bytes))).digest).toBe(first.digest);
  });

  it('as a zip of Windows, with backslashes', async () => {
    const read = await taken(zipOf({ 'mine\\inspec.yml': INSPEC_YML, 'mine\\controls\\a.rb': CONTROL }));
    expect(read.digest).toBe((await taken(zipOf(files()))).digest);
    const out = zipOf(files({ '..\\..\\etc\\passwd': 'x' }));
    expect(await refused(out)).toEqual(about('../../etc/passwd', '".."'));
    expect(await refused(zipOf(files({ 'C:\\a': 'x' })))).toEqual(about('C:/a', 'an absolute path'));
  });

  it('as a zip of a Mac', async () => {
    await taken(zipOf({ 'mine/inspec.yml': INSPEC_YML, 'mine/controls/a.rb': CONTROL, '__MACOSX/mine/._inspec.yml': 'x' }));
  });
});

describe('an archive is refused', () => {
  it.each([
    ['is empty', Buffer.alloc(0)],
    ['is neither a tar.gz nor a zip', Buffer.from('hello')],
    ['is a tar that is not compressed', tarEntry({ name: 'inspec.yml', bytes: INSPEC_YML })],
    ['is no tar', gzipSync('hello')],
    ['is no tar', gzipSync(Buffer.alloc(600, 'x'))],
    ['is a gzip of an unknown kind', Buffer.concat([Buffer.from([0x1f, 0x8b, 7, 0]), Buffer.alloc(20)])],
    ['is cut off', Buffer.from([0x1f, 0x8b, 8, 0])],
    ['is cut off: the tar has no end', tarGz(minimal(), Buffer.alloc(0))],
    ['has more after the end of its tar', tarGz(minimal(), Buffer.concat([TAR_END, Buffer.from('more')]))],
    ['bytes of zeros after the end', tarGz(minimal(), Buffer.alloc(1024 * 1024 + 2048))],
    ['bytes after the end of its gzip', Buffer.concat([tarGzOf(files()), Buffer.from('x')])],
    ['bytes after the end of its gzip', Buffer.concat([tarGzOf(files()), tarGzOf(files())])],
    ['is damaged', Buffer.concat([Buffer.from('PK\x03\x04'), randomBytes(100)])],
  ])('%s', async (detail, archive) => {
    expect(await refused(archive)).toEqual(whole(detail));
  });

  it('when it is cut off anywhere, or one byte of it is another', async () => {
    const archive = tarGzOf(files());
    for (let at = 0; at < archive.length; at += 1) {
      expect((await refused(archive.subarray(0, at))).length, `cut at ${at}`).toBeGreaterThan(0);
    }
    const zip = zipOf(files());
    for (let at = 0; at < zip.length - 1; at += 7) expect((await refused(zip.subarray(0, at))).length).toBeGreaterThan(0);
    const body = Buffer.from(archive);
    body.writeUInt8(body.readUInt8(body.length - 6) ^ 1, body.length - 6);
    expect(await refused(body)).toEqual(whole('the checksum of the gzip is another one'));
  });

  it.each([
    ['../evil.rb', '".." in its path'],
    ['controls/../../evil.rb', '".." in its path'],
    ['/etc/passwd', 'an absolute path'],
    ['C:/evil.rb', 'an absolute path'],
    ['controls//b.rb', 'an empty or "." part'],
    ['controls/./b.rb', 'an empty or "." part'],
    ['controls\\b.rb', 'a backslash'],
    ['controls/b\n.rb', 'a control character'],
    ['controls/b.rb ', 'a blank at the end'],
    ['controls/a.rb', 'is in the archive twice'],
    ['controls', 'is both a file and a folder'],
    ['inspec.yml/b.rb', 'is below inspec.yml, which is a file'],
  ])('for the entry %j, in a tar and in a zip', async (name, detail) => {
    const entry = name.replace('\n', '\\x0a');
    expect(await refused(tarGz([...minimal(), { name, bytes: 'x' }]))).toEqual(about(entry, detail));
    if (name === 'controls/a.rb') return; // the zip's writer takes a name once
    const onUnix = { ...files(), [name]: [Buffer.from('x'), { os: 3 }] as Zippable[string] };
    expect(await refused(zipOf(onUnix))).toEqual(about(entry, detail));
  });

  it.each(['controls/._a.rb', 'mine/libraries/._b.rb', '._inspec.yml'])(
    'for what a Mac puts beside the files where the auditor looks: %s',
    async (name) => {
      const top = name.startsWith('mine/') ? 'mine/' : '';
      const mine = minimal().map((file) => ({ ...file, name: top + file.name }));
      const mac = { name, bytes: Buffer.from('00051607', 'hex') };
      if (name === '._inspec.yml') await taken(tarGz([...mine, mac]));
      else expect(await refused(tarGz([...mine, mac]))).toEqual(about(name, 'COPYFILE_DISABLE=1 tar'));
      await taken(tarGz([...mine, { ...mac, name: `${top}docs/._c.rb` }]));
    },
  );

  it('for what a Mac puts beside the only folder, which is then not the only one', async () => {
    const mine = minimal().map((file) => ({ ...file, name: `mine/${file.name}` }));
    const faults = await refused(tarGz([{ name: '._mine', bytes: 'x' }, ...mine]));
    expect(faults).toEqual([...about('._mine', 'COPYFILE_DISABLE=1 tar'), ...whole('has no inspec.yml')]);
  });

  it('for a name that is not UTF-8', async () => {
    const found = await refused(tarGz([...minimal(), { name: Buffer.from([0x66, 0xff, 0x66]) }]));
    expect(found).toEqual(about('fÿf', 'not UTF-8'));
  });

  it('for names longer than they may be, and takes those as long as they may be', async () => {
    const part = (length: number): string => `files/${'a'.repeat(length)}`;
    expect(await refused(zipOf(files({ [part(256)]: 'x' })))).toEqual(about(part(256).slice(0, 199) + '…', 'longer than 255'));
    expect(await refused(zipOf(files({ [part(101)]: 'x' })))).toEqual(about(part(101), 'too long for the auditor'));
    await taken(zipOf(files({ [part(100)]: 'x' })));
    const { bytes } = await taken(zipOf(files({ [`spec/${'a'.repeat(120)}`]: 'x' })));
    await taken(Buffer.from(bytes));
    const deep = 'a/'.repeat(501);
    expect(await refused(zipOf(files({ [deep + 'b']: 'x' })))).toMatchObject([{ detail: 'has a name longer than 1000 bytes' }]);
  });

  it.each([
    ['1', 'a hard link'],
    ['2', 'a symbolic link'],
    ['3', 'a device'],
    ['4', 'a device'],
    ['6', 'a named pipe'],
    ['7', 'the unknown kind "7"'],
    ['S', 'a sparse file'],
    ['\0', 'the tar format of before 1988'],
  ])('for an entry of the type %j', async (type, detail) => {
    const entries = [...minimal(), { name: 'controls/b.rb', type, link: '/etc/passwd' }];
    expect(await refused(tarGz(entries))).toEqual(about('controls/b.rb', detail));
  });

  it('for a link and a pipe in a zip', async () => {
    const link = (mode: number): [Buffer, { os: number; attrs: number }] => [Buffer.from('/etc/passwd'), { os: 3, attrs: mode * 65_536 }];
    expect(await refused(zipOf(files({ 'controls/b.rb': link(0o120777) as never })))).toEqual(about('controls/b.rb', 'a symbolic link'));
    expect(await refused(zipOf(files({ 'controls/b.rb': link(0o010644) as never })))).toEqual(about('controls/b.rb', 'a named pipe'));
  });

  it('for an extended header that says where the bytes of an entry are, and not for one that gives times', async () => {
    const pax = (record: string): Buffer => tarGz([{ name: 'PaxHeader/a', type: 'x', bytes: record }, ...minimal()]);
    const found = await refused(pax('20 mtime=123456789\n14 size=99999\n'));
    expect(found).toEqual(about('PaxHeader/a', 'says its size in an extended header'));
    await taken(pax('20 mtime=1234567890\n'));
    const large = { name: 'PaxHeader/a', type: 'x', bytes: Buffer.alloc(70_000, 'x') };
    expect(await refused(tarGz([large, ...minimal()]))).toEqual(whole('an extended header of 70000 bytes'));
  });

  it.each(['controls', 'libraries', 'files', 'vendor', 'top/controls'])(
    'for a long name in %s that the auditor would see cut off, of GNU tar and of pax',
    async (folder) => {
      const name = `${folder}/${'a'.repeat(120)}.rb`;
      const short = { name: name.slice(0, 100), bytes: 'x' };
      const gnu = [{ name: '././@LongLink', type: 'L', bytes: `${name}\0` }, short];
      const pax = [{ name: 'PaxHeader/a', type: 'x', bytes: `${name.length + 11} path=${name}\n` }, short];
      const detail = 'a name that the auditor does not read';
      for (const long of [gnu, pax]) expect(await refused(tarGz([...minimal(), ...long]))).toEqual(about(name, detail));
    },
  );

  it('not for a long name where the auditor does not look', async () => {
    const name = `spec/${'a'.repeat(120)}.pdf`;
    const short = { name: name.slice(0, 100), bytes: 'x' };
    await taken(tarGz([...minimal(), { name: '././@LongLink', type: 'L', bytes: `${name}\0` }, short]));
    await taken(tarGz([...minimal(), { name: 'PaxHeader/a', type: 'x', bytes: `137 path=${name}\n` }, short]));
    const climbing = { name: '././@LongLink', type: 'L', bytes: `../../${name}\0` };
    expect(await refused(tarGz([...minimal(), climbing, short]))).toEqual(about(`../../${name}`, '".." in its path'));
    // The name in front is of the next entry alone.
    const twice = [...minimal(), { name: '././@LongLink', type: 'L', bytes: `${name}\0` }, short, { name: 'controls', bytes: '' }];
    expect(await refused(tarGz(twice))).toEqual(about('controls', 'both a file and a folder'));
  });

  it('for a header whose numbers cannot be', async () => {
    const header = tarEntry({ name: 'x', bytes: '' });
    header.writeUInt8(0x80, 124);
    const binary = gzipSync(Buffer.concat([...minimal().map(tarEntry), checked(header), TAR_END]));
    expect(await refused(binary)).toEqual(whole('has a size in binary'));
    const lying = tarGz([...minimal(), { name: 'x', size: 600_000 }]);
    expect(await refused(lying)).toEqual(whole('is cut off in x'));
  });

  it('for a zip that says one thing in front and another behind', async () => {
    const zip = zipOf({ ...files(), 'controls/b.rb': [Buffer.from('secret'), { level: 0 }] as never });
    const local = zip.indexOf('controls/b.rb');
    const name = Buffer.from(zip);
    name.write('controls/c.rb', local);
    expect(await refused(name)).toEqual(about('controls/b.rb', 'another name in its local header'));
    const size = Buffer.from(zip);
    size.writeUInt32LE(5, local - 30 + 22);
    expect(await refused(size)).toEqual(about('controls/b.rb', 'another size in its local header'));
    const content = Buffer.from(zip);
    content.write('SECRET', content.indexOf('secret'));
    expect(await refused(content)).toEqual(about('controls/b.rb', 'its checksum is another one'));
    const encrypted = Buffer.from(zip);
    encrypted.writeUInt16LE(1, zip.lastIndexOf('controls/a.rb') - 46 + 8);
    expect(await refused(encrypted)).toEqual(about('controls/a.rb', 'is encrypted'));
    const central = zip.lastIndexOf('controls/b.rb') - 46;
    const method = Buffer.from(zip);
    method.writeUInt16LE(12, central + 10);
    expect(await refused(method)).toEqual(about('controls/b.rb', 'by the method 12'));
  });

  it('with all faults of its entries at once', async () => {
    const found = await refused(tarGz([...minimal(), { name: '../a' }, { name: 'b', type: '2' }, { name: '/c' }]));
    expect(found.map(({ entry }) => entry)).toEqual(['../a', 'b', '/c']);
    const many = await refused(tarGz([...minimal(), ...Array.from({ length: 90 }, (_, n) => ({ name: `../${n}` }))]), { entries: 1000 });
    expect(many).toHaveLength(90);
    const more = await refused(tarGz([...minimal(), ...Array.from({ length: 150 }, (_, n) => ({ name: `../${n}` }))]), { entries: 1000 });
    expect(more.at(-1)).toEqual({ detail: 'has more faults than are told here' });
  });

  it('without an inspec.yml in one place, or without a control', async () => {
    const nowhere = 'has no inspec.yml';
    expect(await refused(tarGzOf({ 'controls/a.rb': CONTROL }))).toEqual(whole(nowhere));
    expect(await refused(tarGzOf({ 'a/inspec.yml': INSPEC_YML, 'b/controls/a.rb': CONTROL }))).toEqual(whole(nowhere));
    expect(await refused(tarGzOf({ 'a/b/inspec.yml': INSPEC_YML, 'a/b/controls/a.rb': CONTROL }))).toEqual(whole(nowhere));
    expect(await refused(tarGz([]))).toEqual(whole(nowhere));
    expect(await refused(tarGzOf({ 'inspec.yml': INSPEC_YML, 'libraries/a.rb': 'x' }))).toEqual(about('controls', 'no file that ends in .rb'));
  });
});

describe('the limits hold at their edges, in a tar and in a zip', () => {
  const both = (given: Record<string, string | Buffer>): Buffer[] => [tarGzOf(given), zipOf(given)];

  it('entries', async () => {
    const more = Object.fromEntries(Array.from({ length: 98 }, (_, n) => [`files/${n}`, 'x']));
    for (const archive of both(files(more))) {
      await taken(archive, { entries: 100 });
      expect(await refused(archive, { entries: 99 })).toEqual(whole('has more than 99 entries'));
    }
  });

  it('one file', async () => {
    for (const archive of both(files({ 'files/big': Buffer.alloc(10_000, 'a') }))) {
      await taken(archive, { fileBytes: 10_000 });
      expect(await refused(archive, { fileBytes: 9_999 })).toEqual(about('files/big', 'has 10000 bytes; a file may have 9999'));
    }
  });

  it('all files together', async () => {
    const given = files({ 'files/a': Buffer.alloc(5_000, 'a'), 'files/b': Buffer.alloc(5_000, 'b') });
    const size = Object.values(given).reduce((sum, bytes) => sum + bytes.length, 0);
    for (const archive of both(given)) {
      await taken(archive, { unpackedBytes: size });
      expect(await refused(archive, { unpackedBytes: size - 1 })).toEqual(whole(`more than ${size - 1} bytes when it is unpacked`));
    }
  });

  it('a zip that is larger as a tar.gz than an archive may be', async () => {
    const zip = zipOf(files({ 'files/noise': randomBytes(20_000) }));
    const { bytes } = await taken(zip);
    await taken(zip, { archiveBytes: bytes.length });
    expect(await refused(zip, { archiveBytes: bytes.length - 1 })).toEqual(whole('bytes as a tar.gz'));
  });

  it('a bomb is given up at the limit: what it would unpack to is never held', async () => {
    const size = 256 * 1024 * 1024;
    const zeros = Buffer.alloc(size);
    const bomb = gzipSync(Buffer.concat([...minimal().map(tarEntry), tarEntry({ name: 'bomb', size }), zeros]), { level: 1 });
    const before = process.memoryUsage().arrayBuffers;
    expect(await refused(bomb)).toEqual([
      { entry: 'bomb', detail: `has ${size} bytes; a file may have ${LIMITS.fileBytes}` },
      { detail: `has more than ${LIMITS.unpackedBytes} bytes when it is unpacked` },
    ]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });
});
