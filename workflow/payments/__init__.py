"""The payments room: money leaves in batches that one person seals and another sends, and is paid when the bank says so.

`gathering` finds what may be paid and says why the rest may not, `batches` is what people do with a batch, `layouts` and
`answers` know the bank's files, `settling` carries paid cases on, `reconciling` compares the books. Nothing is imported
here, because the engine below asks `engine.paying` and never this room.
"""
