// Comfort on top of pages that work without it. Each part finds its elements by a data attribute and is silent otherwise.
// Kept below 8 KB; no part knows another.
const $ = (selector, root = document) => root.querySelector(selector)
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)]
document.documentElement.classList.add('js')

// Focus: a list of faults takes it, so that a screen reader starts there.  [data-focus]
$('[data-focus]')?.focus()

// A form is sent once: the second click finds its buttons switched off.  form[method=post]
document.addEventListener('submit', event => {
  const form = event.target
  if (form.method !== 'post' || 'again' in form.dataset) return     // data-again: answers with a file, the page stays
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = '1'
  setTimeout(() => $$('button', form).forEach(button => { button.disabled = true }))
})
addEventListener('pageshow', event => {
  if (event.persisted) $$('form[data-sent]').forEach(form => {
    delete form.dataset.sent
    $$('button', form).forEach(button => { button.disabled = false })
  })
})

// Show a password while it is typed.  button[data-reveal=<id>]
for (const button of $$('[data-reveal]')) button.addEventListener('click', () => {
  const box = document.getElementById(button.dataset.reveal)
  box.type = box.type === 'password' ? 'text' : 'password'
  button.setAttribute('aria-pressed', String(box.type === 'text'))
})

// Print and copy.  [data-print], [data-copy=<text>]
for (const button of $$('[data-print]')) button.addEventListener('click', event => { event.preventDefault(); print() })
for (const button of $$('[data-copy]')) button.addEventListener('click', () => navigator.clipboard?.writeText(button.dataset.copy))

// Quick phrases: put the words of a button, or of a select, into the opinion box.  [data-phrase-for=<id>]
for (const source of $$('[data-phrase-for]')) source.addEventListener(source.tagName === 'SELECT' ? 'change' : 'click', () => {
  const box = document.getElementById(source.dataset.phraseFor)
  const words = source.tagName === 'SELECT' ? source.value : source.dataset.phrase ?? source.textContent.trim()
  if (words && !box.value.includes(words)) box.value = (box.value.trim() + ' ' + words).trim()
  box.dispatchEvent(new Event('input', { bubbles: true }))
  box.focus()
})

// Shortcuts: elements name their own key; off in the settings, and never while typing.  body[data-shortcuts] [data-key=A]
if ('shortcuts' in document.body.dataset) document.addEventListener('keydown', event => {
  const typing = event.target.closest?.('input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]')
  if (event.ctrlKey && event.key === 'Enter' && typing?.form) return typing.form.requestSubmit($('[data-default]', typing.form) ?? undefined)
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
  const target = $$('[data-key]').find(element => element.dataset.key.toLowerCase() === event.key.toLowerCase())
  if (!target || target.disabled) return
  event.preventDefault()
  // Two-key safety: a button that still wants an opinion moves the focus there first.
  const first = target.dataset.first && document.getElementById(target.dataset.first)
  if (first && !first.value.trim()) return first.focus()
  if (target.matches('input:not([type=checkbox]), textarea')) target.focus()
  else target.click()
})

// Autosave: form[data-autosave=<url>] is sent there ten seconds after the last change; [data-saved] tells when it was.
// (filled in by the pages of the applicant)

// Upload preview: input[type=file][data-preview=<id>] shows names and pictures before they are sent.
// (filled in by the pages of the applicant)
