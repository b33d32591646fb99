project = "The Binder's Notebook"
author = "The Binder's Notebook"
html_title = project
html_baseurl = "https://binding.example.org/"
html_theme = "alabaster"
html_theme_options = {"description": "Hand bookbinding, one step at a time"}
html_show_copyright = False

extensions = ["presswork_sphinx"]
presswork = {}
