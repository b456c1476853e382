# The pages that compare the names of this package with those of torch and mlr3torch.

names_tool = new.env()
sys.source(file.path("tools", "torch_names.R"), names_tool)

check("the pages about the names of torch and mlr3torch are current, and each missing name has a reason", {
  names_tool$names_findings()
})
