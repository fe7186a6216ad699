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
  // data-again on the form or its button: answers with a file, the page stays
  if (form.method !== 'post' || 'again' in form.dataset || 'again' in (event.submitter?.dataset ?? {})) return
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
  if (source.tagName === 'SELECT') source.value = ''
  box.dispatchEvent(new Event('input', { bubbles: true }))
  box.focus()
})

// Shortcuts: elements name their own key; off in the settings, and never while typing.  body[data-shortcuts] [data-key=A]
if ('shortcuts' in document.body.dataset) document.addEventListener('keydown', event => {
  const typing = event.target.closest?.('input:not([type=checkbox],[type=radio]), textarea, select, [contenteditable]')
  if (event.ctrlKey && event.key === 'Enter' && typing?.form) return typing.form.requestSubmit($('[data-default]', typing.form) ?? undefined)
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
  const target = $$('[data-key]').find(element => element.dataset.key.toLowerCase().split(' ').includes(event.key.toLowerCase()))
  if (!target || target.disabled) return
  event.preventDefault()
  // Two-key safety: a button that still wants an opinion moves the focus there first.
  const first = target.dataset.first && document.getElementById(target.dataset.first)
  if (first && !first.value.trim()) return first.focus()
  if (target.matches('input:not([type=checkbox]), textarea')) target.focus()
  else target.click()
})

// Autosave: form[data-autosave] is sent to its own address ten seconds after the last key, at once after a choice. The answer
// says when it was saved ([data-saved]), what it comes to ([data-calc]) and which questions apply ([data-question]).
for (const form of $$('form[data-autosave]')) {
  let timer, running = Promise.resolve()
  const save = async () => {
    if (form.dataset.sent) return
    const data = new FormData(form)
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name)
    try {
      const answer = await fetch(location.href, { method: 'POST', body: data, headers: { 'X-Autosave': '1' } })
      const told = await answer.json()
      $('[data-saved]', form).textContent = told.saved
      if (!answer.ok) return
      for (const id of told.shown) $(`[data-question=${id}]`, form)?.removeAttribute('hidden')
      for (const id of told.hidden) $(`[data-question=${id}]`, form)?.setAttribute('hidden', '')
      const calc = $('[data-calc]', form)
      if (calc) { calc.innerHTML = told.calc; calc.hidden = !told.calc.trim() }
    } catch { /* offline: what is typed stays in the page, the next change tries again */ }
  }
  const soon = wait => { clearTimeout(timer); timer = setTimeout(() => { running = running.then(save) }, wait) }
  form.addEventListener('input', event => event.target.type !== 'file' && soon(10000))
  form.addEventListener('change', event => event.target.type !== 'file' && soon(300))
}

// Photos: made smaller on the device and sent as soon as they are chosen.  input[type=file][data-shrink]
const shrunk = async file => {
  if (!file.type.startsWith('image/') || file.size < 1e6) return file
  try {
    const picture = await createImageBitmap(file), scale = Math.min(1, 2400 / Math.max(picture.width, picture.height))
    const canvas = new OffscreenCanvas(picture.width * scale, picture.height * scale)
    canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: .88 })
    return blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: blob.type }) : file
  } catch { return file }              // an old phone: the server makes it smaller
}
for (const input of $$('input[data-shrink]')) input.addEventListener('change', async () => {
  const files = new DataTransfer()
  for (const file of input.files) files.items.add(await shrunk(file))
  input.files = files.files
  input.form.requestSubmit($('button[name=upload]', input.closest('li')))
})

// A print that has been recorded opens the printer by itself.  [data-print-now]
if ($('[data-print-now]')) print()

// The open case stays in sight in the queue; ticked rows are counted.  .rows [aria-current], [data-count=<name of the boxes>]
$('.rows [aria-current]')?.scrollIntoView({ block: 'nearest' })
for (const count of $$('[data-count]')) addEventListener('change', () => { count.textContent = $$(`[name=${count.dataset.count}]:checked`).length })

// Pictures of a case in one window: zoom, rotate, next.  [data-viewer] holds the links; PDFs stay links.
for (const room of $$('[data-viewer]')) {
  const links = $$('a[data-type^=image]', room), view = $('dialog', room.parentNode), picture = $('img', view)
  let at = 0, turn = 0
  const show = (to, by = 0) => {
    at = (to + links.length) % links.length
    turn = by
    picture.src = links[at].href
    picture.style.transform = `rotate(${turn}deg)`
    $('b', view).textContent = `${at + 1} / ${links.length}  ${links[at].textContent.trim()}`
  }
  const acts = { next: () => show(at + 1), back: () => show(at - 1), turn: () => show(at, turn + 90), zoom: () => picture.classList.toggle('big'), close: () => view.close() }
  links.forEach((link, n) => link.addEventListener('click', event => { event.preventDefault(); show(n); view.showModal() }))
  view.addEventListener('click', event => acts[event.target.closest('button')?.value]?.())
  view.addEventListener('keydown', event => {
    const act = { ArrowRight: 'next', ArrowLeft: 'back', r: 'turn', z: 'zoom' }[event.key]
    event.stopPropagation()
    if (act) acts[act]()
  })
}
