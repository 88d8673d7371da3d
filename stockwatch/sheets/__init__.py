"""Run-down sheets (排品表): from the spreadsheet that a live room already has to the settings of a room.

`read.read_grids` reads a file; everything else is pure: `header` finds what each column means, `rows` reads the cells,
`goods` makes SKUs and links of them, `document` writes the room.toml, `numbers` keeps the platforms' own ids beside it,
`matching` proposes which of a platform's products is which SKU. Nothing is invented: what a sheet does not say is left
to the room file's defaults, and a cell that can't be used is named with what to do about it.
"""
