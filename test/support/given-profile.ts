/** A value that nothing of a scan may show: long, with characters that every notation writes in its own way. */
export const SECRET = 'correct "horse" \\battery\\ stäple\nsecond line of it';

/** What stands for the secret in every notation that a message may have it in. */
export const SECRET_FORMS = [
  SECRET,
  JSON.stringify(SECRET).slice(1, -1),
  Buffer.from(SECRET).toString('base64'),
  'second line of it',
  'correct "horse"',
];

/**
 * A profile that takes inputs and tries to give its secret away: in messages, on its output, in names. The target is asked for what the scanner was
 * given, by the toolbox and by a program of the image that the scan allows.
 */
export const SECRET_PROFILE = {
  'inspec.yml': [
    'name: secrets',
    'version: 1.0.0',
    'inputs:',
    '- {name: size, type: Numeric, value: 1}',
    '- {name: password, type: String, sensitive: true}',
  ].join('\n'),
  'controls/all.rb': `
warn input('password')
puts input('token').inspect
control 'arrived' do
  describe([input('size'), input('list'), input('password'), input('token')]) do
    it { should eq [7, ['x', nil], ${JSON.stringify(SECRET)}, { 'deep' => [${JSON.stringify(SECRET)}] }] }
  end
end
control 'told' do
  describe(input('password')) { it { should eq 'other' } }
  describe(input('token')) { it { should eq 'other' } }
  describe([input('password')].pack('m0')) { it { should eq 'other' } }
end
control 'seen-by-tools' do
  describe(command('ls -d /inputs /proc/[0-9]*/root/inputs/* 2>/dev/null | wc -l')) { its('stdout') { should eq "0\\n" } }
end
control 'seen-by-the-image' do
  describe(command(%q(perl -e 'print scalar(@x = glob("/proc/[0-9]*/root/etc/passwd")) > 0 ? "sees itself" : "blind"'))) { its('stdout') { should eq 'sees itself' } }
  describe(command(%q(perl -e 'print join ",", grep { -e } glob("/inputs /proc/[0-9]*/root/inputs/*.json /proc/[0-9]*/root/profile/*")'))) { its('stdout') { should eq '' } }
  describe(command(%q(perl -e 'for (glob("/proc/[0-9]*/mem /proc/[0-9]*/environ")) { my ($pid) = m{/(\\d+)/}; open(my $f, "<", $_) or next; open(my $c, "<", "/proc/$pid/cmdline") or next; print "open $_" if <$c> =~ m{/opt/sidescan/bin/[s]can} }'))) { its('stdout') { should eq '' } }
end
`,
};
