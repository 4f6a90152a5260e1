/** The page's only script: filters, opening and closing. Without it every control is shown. Its hash stands in the page's content security policy. */
export const HTML_SCRIPT = `
(() => {
  const form = document.querySelector('form');
  const { search, problems } = form.elements;
  const controls = [...document.querySelectorAll('.controls > details')];
  const shown = form.querySelector('output');
  const nothing = document.querySelector('.nothing');
  const boxes = (name) => [...form.querySelectorAll('input[name="' + name + '"]')];
  const chosen = (name) => new Set(boxes(name).filter((box) => box.checked).map((box) => box.value));
  // Read at the first search, not at load: a large page is shown sooner.
  let texts = null;
  const textOf = (i) => (texts ??= controls.map((control) => control.textContent.toLowerCase()))[i];
  const isProblem = (status) => status === 'failed' || status === 'error' || status === 'skipped';
  const filter = () => {
    const status = chosen('status');
    const severity = chosen('severity');
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let count = 0;
    controls.forEach((control, i) => {
      const fits = status.has(control.dataset.status) && severity.has(control.dataset.severity) && words.every((word) => textOf(i).includes(word));
      if (control.hidden === fits) control.hidden = !fits;
      if (fits) count++;
    });
    shown.textContent = count + ' of ' + controls.length + ' controls';
    nothing.hidden = count > 0;
    problems.setAttribute('aria-pressed', String(boxes('status').every((box) => box.checked === isProblem(box.value))));
  };
  const actions = {
    problems: () => {
      const all = problems.getAttribute('aria-pressed') === 'true';
      for (const box of boxes('status')) box.checked = all || isProblem(box.value);
      filter();
    },
    open: () => controls.forEach((control) => { if (!control.hidden) control.open = true; }),
    close: () => controls.forEach((control) => { control.open = false; }),
  };
  form.hidden = false;
  form.addEventListener('input', filter);
  form.addEventListener('click', (event) => actions[event.target.name]?.());
  form.addEventListener('submit', (event) => event.preventDefault());
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input')) return;
    event.preventDefault();
    search.focus();
  });
  // On paper nobody opens anything: what is wrong is printed with its texts, and closed again.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = controls.filter((control) => !control.open && (control.dataset.status === 'failed' || control.dataset.status === 'error'));
    for (const control of opened) control.open = true;
  });
  addEventListener('afterprint', () => { for (const control of opened) control.open = false; });
  filter();
})();
`;
