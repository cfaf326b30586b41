# 读取证件的模型：命令行。
models-fetching = 正在下载 { $file }（{ $size } MB）……
models-taken = 已就绪：{ $models }
models-bring = 模型不全。取回模型：{ $command }。在此之前，证件由人工查看。
models-state-ready = 就绪
models-state-missing = 没有
models-state-wrong = 内容不符，不使用
models-state-unreadable = 无法读取
