/** The page's only script: the filters. Without it every control is shown. Its hash stands in the page's content security policy. */
export const HTML_SCRIPT = `
(() => {
  const form = document.querySelector('form');
  const controls = [...document.querySelectorAll('.controls > details')];
  const texts = controls.map((control) => control.querySelector('summary').textContent.toLowerCase());
  const shown = document.querySelector('output');
  const chosen = (name) => new Set([...form.querySelectorAll('input[name="' + name + '"]:checked')].map((input) => input.value));
  const filter = () => {
    const status = chosen('status');
    const severity = chosen('severity');
    const words = form.elements.search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let count = 0;
    controls.forEach((control, i) => {
      const fits = status.has(control.dataset.status) && severity.has(control.dataset.severity) && words.every((word) => texts[i].includes(word));
      control.hidden = !fits;
      if (fits) count++;
    });
    shown.textContent = count + ' of ' + controls.length + ' controls';
  };
  form.hidden = false;
  form.addEventListener('input', filter);
  form.addEventListener('submit', (event) => event.preventDefault());
  addEventListener('beforeprint', () => controls.forEach((control) => { if (control.dataset.status === 'failed') control.open = true; }));
  filter();
})();
`;
