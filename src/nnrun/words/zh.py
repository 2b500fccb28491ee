"""The Simplified Chinese catalogue."""

from __future__ import annotations

WORDS = {
    # What a training run prints.
    "run.label.data": "数据",
    "run.label.model": "模型",
    "run.label.training": "训练",
    "run.label.loss": "损失",
    "run.label.learned": "学到的",
    "run.label.saved": "已保存",
    "run.label.note": "注意",
    "run.label.resumed": "继续",
    "run.data": "{name}：{description}",
    "run.model": "{name}：{description}，{count} 个参数",
    "run.training": "{loss}，{optimization}，{epochs}，{batches}，种子 {seed}，{engine}，{device}",
    "run.epochs.one": "1 轮",
    "run.epochs.many": "{epochs} 轮",
    "run.batches.all": "全批量",
    "run.batches.some": "每批 {size} 个样本",
    "run.progress": "{epoch}/{epochs}  损失 {loss}",
    "run.validation": "  验证 {loss}",
    "run.losses": "{first} -> {last}",
    "run.loss_alone": "{last}",
    "run.on_validation": "验证集 {loss}",
    "run.on_new": "新的点 {loss}",
    "run.on_held_out": "留出的点 {loss}",
    "run.on_new_samples": "新样本 {loss}",
    "run.reference.truth.points": "真实曲线：{loss}",
    "run.reference.truth.samples": "真实关系：{loss}",
    "run.reference.mean": "总是猜平均值：{loss}",
    "run.reference.classes": "总是按类别比例猜：{loss}",
    "run.references": "（{losses}）",
    "run.references.next": "；",
    "run.no_viewer": "找不到看图程序；图片是 {path}",
    "run.parameter": "{name} {value}",
    "run.true": "，真值 {value}",
    "run.true_noise": "，真值 {value}：{constant} + 噪声带来的 {noise}",
    "run.diverged": "在第 {epoch} 轮发散：{reason}",
    "run.stopped": "在第 {epoch} 轮停止：{reason}",
    "run.interrupted": "在第 {epoch}/{epochs} 轮中断，已保存；继续：{command}",
    "run.resumed": "从第 {epoch} 轮（共 {epochs} 轮）之后继续",
    "run.restarted": "还没有检查点：从头开始",
    "run.picture_failed": "{kind} 没能画出来：{message}",
    # Why a run did not reach its last epoch.
    "stop.stopped": "连续 {patience} 轮损失没有变好",
    "stop.interrupted": "被中断",
    "stop.grown": "损失是最初的 {growth:.3g} 倍（lr={lr:g}）",
    "stop.not_finite": "损失不是有限数（lr={lr:g}）",
    # What `verbose=true` adds.
    "run.label.layers": "各层",
    "run.label.start": "起点",
    "run.label.end": "终点",
    "run.label.meaning": "含义",
    "verbose.affine": "{inputs} -> {outputs}，{count} 个参数：{names}",
    "verbose.activation": "{activation}：{formula}",
    "verbose.dropout": "dropout：训练时有 {probability:g} 的输出为 0",
    "verbose.part": "{name}: {text} -> {shape}，{count} 个参数",
    "verbose.part.plain": "{name}: {text} -> {shape}",
    "verbose.more_parts": "…… 还有 {count} 个",
    "verbose.other_parameters": "此外还有 {count} 个参数",
    "verbose.power": "x^{exponent:g}",
    "verbose.truth": "真实关系的损失是噪声留下的：在新数据上任何网络都不应更低",
    "verbose.constant.mean": "总是猜平均值是不看 x 的最好猜法；比它差就等于什么都没学到",
    "verbose.constant.classes": "按类别比例猜不看 x；比它差就等于什么都没学到",
    # What a good teacher would say.
    "run.label.verdict": "点评",
    "verdict.try": "{text}；试试 {command}",
    "verdict.beyond_curvature": "学习率 {rate:g} 超过了 {limit:.4g}，即 2 / {curvature:.4g}"
    "（损失的最大曲率）：每一步都冲得更远",
    "verdict.beyond_curvature.momentum": "学习率 {rate:g} 超过了 {limit:.4g}，即动量 {momentum:g}"
    " 与损失的最大曲率 {curvature:.4g} 所允许的上限：每一步都冲得更远",
    "verdict.exploded": "从第 {epoch} 轮起爆炸：学习率 {rate:g} 太高",
    "verdict.oscillating": "在振荡：损失每轮变化 {swing:.0%}，不再下降；学习率 {rate:g} 太高",
    "verdict.overfitting.since": "从第 {epoch} 轮起过拟合：训练损失下降，"
    "验证损失却从 {best:.3g} 升到 {loss:.3g}",
    "verdict.overfitting.noise": "过拟合：训练损失 {loss:.3g} 低于真实关系的 {floor:.3g}，"
    "但新数据上的 {test:.3g} 高于真实关系的 {test_floor:.3g}",
    "verdict.stuck.dead": "停在 {loss:.3g}：{units} 个隐藏单元中有 {count} 个在所有训练点上都是 0",
    "verdict.stuck.saturated": "停在 {loss:.3g}：{units} 个隐藏单元中有 {count} 个饱和，"
    "在所有训练点上都是平的",
    "verdict.nothing": "没有可学的：真实关系对每个输入都一样，它的损失是 {floor:.3g}",
    "verdict.noisy": "数据噪声太大，学不到更多：真实关系本身的损失是 {floor:.3g}，是常数猜测的 {share:.0%}",
    "verdict.floor": "已到下限：真实关系本身的损失是 {floor:.3g}，再训练也学不到什么",
    "verdict.too_low": "损失没有离开 {loss:.3g}：学习率 {rate:g} 太低",
    "verdict.improving": "还在进步：再训练 {more} 轮，损失大约会降到 {promised:.3g}",
    "verdict.no_better.mean": "不比总是猜平均值（{constant:.3g}）更好",
    "verdict.no_better.classes": "不比总是按类别比例猜（{constant:.3g}）更好",
    # What to expect of the presets, and what to try next.
    "preset.linear_regression.expect": (
        "每个学到的权重应与真值（8.1、2、2、4，偏置 1.1）相差不到 0.02，损失从 7"
        " 降到约 0.01，接近噪声留下的 0.008。"
    ),
    "preset.linear_regression.next": ("接下来：optim.lr=0.001，看看 50 轮为什么远远不够。"),
    "preset.quadratic_autograd.expect": (
        "w 应接近 3，b 应接近 2.1（噪声的平均值是 "
        "0.1），由张量和自动微分求得；experiment=quadratic_manual "
        "得到同样的数。"
    ),
    "preset.quadratic_autograd.next": (
        "接下来：optim.lr=0.0178，刚好超过梯度下降跟得上曲线的界限，看它发散。"
    ),
    "preset.quadratic_fit.expect": (
        "十个 ReLU 单元的网络把一条线弯过数据，最终损失低于 "
        "0.01（四个种子中有三个做得到；其余的多半卡住了，许多单元已经死掉）。"
    ),
    "preset.quadratic_fit.next": (
        "接下来：seed=1、seed=2、……直到有一个卡住，然后用那个种子试 optim.lr=0.1。"
    ),
    "preset.quadratic_manual.expect": (
        "w 应接近 3，b 应接近 2.1（噪声的平均值是 0.1），由 NumPy "
        "和手工推导的梯度求得：dw = sum(r x^2)，db = "
        "sum(r)；experiment=quadratic_autograd 得到同样的数。"
    ),
    "preset.quadratic_manual.next": ("接下来：optim.lr=0.0178，刚好超过梯度下降跟得上曲线的界限，看它发散。"),
    "preset.random_mnist.expect": ("损失在 ln 10 = 2.3026 附近：标签是随机的，两轮太少，背不下来。"),
    "preset.random_mnist.next": (
        "接下来：epochs=200 optim.lr=0.1，看训练数据上的准确率到 1，而新数据上仍停在碰运气的水平。"
    ),
    "preset.ten_points.expect": (
        "五个 sigmoid "
        "单元，一次只用一个样本训练，找得到中间的下降，却漏掉低谷；平均损失先快速下降，然后爬行。"
    ),
    "preset.ten_points.next": "接下来：epochs=5000，看曲线去够那个低谷。",
    "preset.digits.expect": (
        "预期：64 个隐藏单元能认出从未见过的手写数字中的大约 98%；认错了哪些，图中可以看到。"
    ),
    "preset.digits.next": "接下来：model=linear，每 100 个认错约 5 个；然后 model.hidden=256。",
    "preset.moons.expect": (
        "预期：前一百轮边界几乎是直的，然后在两个半月之间弯过去，直到几乎没有点在错误的一侧；"
        "fit.gif 展示了这个过程。"
    ),
    "preset.moons.next": "接下来：model.hidden=3，在这里弯得不够；再试 dataset.noise=0.3，那时怎样都没用。",
    "preset.lr_curve.expect": (
        "预期：学习率越大，损失越低，从 0.001 起降到噪声的下限 0.19；随后是断崖：0.0"
        "176 时每个种子仍能到达，0.0178 时无一能到。"
    ),
    "preset.lr_curve.next": (
        "下一步：nnrun -m experiment=lr_curve optim.lr=0.0"
        "176..0.0178:11，把断崖的位置找到五位数字；单次运行的结论会说明它应在何处。"
    ),
    "preset.width_curve.expect": (
        "预期：一个单元并不比常数更好，七种宽度中十个单元最好，损失的中位数约 0.006；在这个学"
        "习率下，更宽的网络没有收益。"
    ),
    "preset.width_curve.next": ("下一步：optim.lr=0.1，此时最宽的网络胜出，可见宽度与学习率不能分开选择。"),
    "preset.lucky_seeds.expect": (
        "预期：50 次运行中 43 次降到 0.02 以下，7 次停在 0.06 以上，而它们只有"
        "种子不同：单次运行说明不了什么，多次中的最好一次也一样。"
    ),
    "preset.lucky_seeds.next": ("下一步：optim.lr=0.1 epochs=1000，更慢也更久，再数一次。"),
    # What `nnrun trace` shows.
    "trace.separator": "，",
    "trace.step": "第 {step} 步：第 {epoch} 轮（共 {epochs} 轮），第 {batch} 批（共 {batches} 批）",
    "trace.label.data": "数据",
    "trace.label.model": "模型",
    "trace.label.start": "起点",
    "trace.label.note": "注意",
    "trace.data": "{name}：{description}",
    "trace.model": "{name}：{description}，{count} 个参数",
    "trace.start": "{origin} 的权重",
    "note.dropped": "{rows} 行中有 {dropped} 行因缺少数值而被略去",
    "note.constant_features": "在每一行都相同，没有可学的：{names}",
    "note.unrepeated_texts": "没有重复的文本，每个取值只是一行的输入：{names}；"
    "可用 dataset.features=... 排除它们",
    "note.row_numbers": "只是行的编号，不能用来预测：{names}；可用 dataset.features=... 排除它",
    "note.frames": "plots.every={every}：{wanted} 个时刻中只均匀地记录 {most} 个",
    "note.still": "optim.lr=0：什么也学不到；权重保持初始值",
    "note.sweep": "{preset} 是一组实验；这里只看其中一次训练，{keys} 取通常的值",
    "trace.precision": "权重为 {dtype}，与 {engine} 引擎中的完全一致；其他数值为 float64。",
    "trace.drift": "模块在 float64 下的预测值与训练时最多相差 {value}：它的随机抽取或舍入有所不同。",
    "trace.batch.one": "批量：1 个样本",
    "trace.batch.many": "批量：{samples} 个样本",
    "trace.forward": "前向传播",
    "trace.forward.scalars": "前向传播，逐个标量：{sample}",
    "trace.forward.scalars.first": "前向传播，逐个标量，第一个样本：{sample}",
    "trace.layer": "第 {index} 层：{kind}",
    "trace.layer.affine": "加权和 {inputs} -> {outputs}",
    "trace.layer.dropout": "dropout",
    "trace.layer.power": "幂",
    "trace.layer.module": "{model}，torch.nn.Module，类 {kind}",
    "trace.formula.affine": "y = x W^T + b，同 torch.nn.Linear；weight (out, in)，bias (out)",
    "trace.formula.dropout": "y = x * mask，掩码 mask 以概率 {probability} 取 0，"
    "否则取 1 / (1 - {probability})",
    "trace.formula.power": "y = x^p，指数 p 固定，p = {exponent}",
    "trace.formula.module": "y = {kind}(x)，训练模式",
    "trace.formula.module.chance": "y = {kind}(x)，训练模式，随机数与这一步的相同",
    "trace.formula.where": "{value}（{condition} 时），否则 {other}",
    "trace.formula.with": "{formula}，其中 {definition}",
    "trace.derivative.affine.db": "g 对批内样本求和",
    "trace.role.pre-activation": "激活前的值",
    "trace.role.activation": "激活值",
    "trace.role.prediction": "预测值",
    "trace.role.output": "输出",
    "trace.parameters": "参数：{first}",
    "trace.frozen": "冻结的参数，保持不变：{first}",
    "trace.buffers": "缓冲区，由模块自己更新：{first}",
    "trace.children": "各部分按执行顺序：形状，以及第一个样本的前几个数",
    "trace.mask": "掩码 mask",
    "trace.loss": "损失 {name}：{value}",
    "trace.loss.own": "由自动微分得到（{part} 没有手工推导的梯度）",
    "trace.loss.huber.formula": "e^2/2（|e| = |p - y| <= delta 时），否则 delta (|e| - delta/2)，再取平均",
    "trace.loss.cross_entropy.formula": "-log softmax(p)[y 的类别]，对样本取平均",
    "trace.loss.cross_entropy.slope": "(softmax(p) - y) / 样本数，y 为独热编码",
    "trace.loss.cross_entropy.text": "logits p 的交叉熵：-log softmax(p)[类别] 对样本取平均，同"
    " torch.nn.CrossEntropyLoss。令 q_c = w_c ((1 - s) y_c + s / 类别数)，其中 s 为 label_smoothing，"
    "y 为独热编码的目标，w 为 class_weights，则损失为 -sum q_c log softmax(p)_c / D，其中 D"
    " 是各样本所属类别的权重之和（没有权重时为样本数）。其梯度为 (softmax(p) sum_c q_c - q) / D",
    "trace.kink": "{function} 在 {place} 处",
    "trace.kink.met.one": "{function} 在 {place} 处不可导，遇到 1 次：取 {used}",
    "trace.kink.met.many": "{function} 在 {place} 处不可导，遇到 {count} 次：取 {used}",
    "trace.backward": "反向传播，g 是各层的 d loss / d y",
    "trace.backward.module": "反向传播",
    "trace.backward.why": "{part} 没有手工推导的梯度：由自动微分反向通过它",
    "trace.backward.scalars": "反向传播，用链式法则求每个梯度",
    "trace.backward.share": "反向传播，用链式法则求每个梯度：这是该样本的份额，"
    "{samples} 个样本的份额相加为整批的梯度",
    "trace.product": "{formula}：{shapes}",
    "trace.product.bias": "由 {shape} 得 ({outputs})",
    "trace.gradients": "三种方法求梯度",
    "trace.gradients.two": "两种方法求梯度",
    "trace.gradient": "{name} {shape}：{formula}",
    "trace.way.hand": "手工推导",
    "trace.way.autograd": "自动微分",
    "trace.way.differences": "有限差分",
    "trace.no_weights": "这一层没有权重",
    "trace.largest_difference": "最大差异 {value}",
    "trace.probed": "有限差分：每个数组最多取 {count} 个元素",
    "trace.both_sides": "有限差分跨过了不可导点的两侧：{places}",
    "trace.both_sides.own": "两者不一致：自己的部件在此处不可导（如 relu 在 0 处），或其内部有舍入",
    "trace.update": "用 {name} 更新",
    "trace.torch": "PyTorch 的优化器，由 PyTorch 计算；表中列出它保存的状态",
    "trace.changed": "由模块自己保存，并在这一步中改变",
    "trace.rate": "lr = {lr} × {factor}（{schedule}）= {rate}",
    "trace.clip": "clip_norm {limit}：梯度的范数为 {norm}，因此梯度乘以 {scale}",
    "trace.element": "{name}：g = {value}",
    "trace.column.before": "更新前",
    "trace.column.gradient": "梯度",
    "trace.column.new": "新{slot}",
    "trace.column.change": "变化",
    "trace.column.after": "更新后",
    "trace.slot.mean": "均值",
    "trace.slot.square": "平方均值",
    "trace.slot.total": "平方和",
    "trace.slot.velocity": "速度",
    "trace.optim.sgd.rule": "梯度下降：p <- p - lr b，其中 b <- momentum b + g，g = 梯度 + weight_decay p",
    "trace.optim.sgd.symbols": "用 nesterov 时，p <- p - lr (g + momentum b)，b 取新值（Sutskever 等，ICML"
    " 2013，采用 torch.optim.SGD 的形式）。b 从 0 开始；没有动量时，b = g，nesterov 不起作用",
    "trace.optim.adam.rule": "Adam：p <- p - lr M / (sqrt(V) + eps)，用到梯度及其平方的滑动平均",
    "trace.optim.adam.symbols": "m <- beta1 m + (1 - beta1) g，M = m / (1 - beta1^step)；"
    "v <- beta2 v + (1 - beta2) g^2，V = v / (1 - beta2^step)；g = 梯度 + weight_decay p（Kingma 和"
    " Ba，ICLR 2015，同 torch.optim.Adam）",
    "trace.optim.adamw.rule": "AdamW：先做 p <- p (1 - lr weight_decay)，再按 adam 更新，梯度中不加衰减",
    "trace.optim.adamw.symbols": "来源：Loshchilov 和 Hutter，ICLR 2019，同 torch.optim.AdamW",
    "trace.optim.rmsprop.rule": "RMSprop：p <- p - lr b，其中 b <- momentum b + g / (sqrt(v) + eps)，"
    "v <- alpha v + (1 - alpha) g^2",
    "trace.optim.rmsprop.symbols": "g = 梯度 + weight_decay p（Hinton，第 6e 讲，2012，同"
    " torch.optim.RMSprop，不做中心化）",
    "trace.optim.adagrad.rule": "Adagrad：p <- p - lr g / (sqrt(s) + eps)，s 是迄今所有 g^2 之和",
    "trace.optim.adagrad.symbols": "g = 梯度 + weight_decay p（Duchi、Hazan 和 Singer，JMLR 2011，同"
    " torch.optim.Adagrad）",
    # What datasets hold.
    "data.curve": "{formula}，[{low:g}, {high:g}] 上的 {samples} 个点",
    "data.own": "{samples} 个样本，{inputs} 个特征",
    "data.own.one": "{samples} 个样本，1 个特征",
    "data.given": "给定的 {samples} 个点",
    "data.linear": "{formula}，{samples} 个点，x 服从 N(0, 1)",
    "data.random_images": "{samples} 张 {rows} x {columns} 的随机图片，随机标签 0..{last}",
    "data.moons": "两个半月，{samples} 个点，噪声 {noise:g}",
    "data.circles": "{classes} 个同心环，{samples} 个点，噪声 {noise:g}",
    "data.spirals": "{classes} 条螺旋臂，{samples} 个点，噪声 {noise:g}",
    "data.blobs": "{classes} 团圆形的点，共 {samples} 个，标准差 {noise:g}",
    "data.xor": "{classes} x {classes} 格的棋盘，{samples} 个点，噪声 {noise:g}",
    "data.digits": "{samples} 个 8 x 8 像素的手写数字",
    "data.iris": "{samples} 朵鸢尾花，四个长度，三个品种",
    "data.wine": "{samples} 种葡萄酒，十三项测量，三个产地",
    "data.breast_cancer": "{samples} 个肿瘤，三十项测量，恶性或良性",
    "data.diabetes": "{samples} 位病人，十项测量，一年后的病情发展",
    "data.mnist": "{samples} 个 {rows} x {columns} 像素的手写数字",
    "data.fashion_mnist": "{samples} 张 {rows} x {columns} 像素的服装图片，共十类",
    "data.remembered": "{description}",
    "data.table.numbers": "{path}：{samples} 行，{features} -> {targets}",
    "data.table.numbers.standardized": "{path}：{samples} 行，{features} -> {targets}，已标准化",
    "data.table.classes": "{path}：{samples} 行，{features} -> {targets} 的 {classes} 个类别",
    "data.table.classes.standardized": "{path}：{samples} 行，{features} -> {targets} 的 {classes} 个类别，"
    "已标准化",
    # 扫描结束时打印的内容。
    "sweep.best": "{setting}：{runs} 次运行的中位数 {median}；其中典型的一次：",
    "sweep.best.alone": "{median}",
    "sweep.best.run": "{setting}：{median}",
    "sweep.best.seeds": "{runs} 个种子的中位数 {median}；其中典型的一次：",
    "sweep.comma": "，",
    "sweep.count": "{count} 个{status}",
    "sweep.distorting": "{key} 改变了所度量的东西：那里目标更低并不表示模型更好",
    "sweep.edge.highest": "{key}={value} 是试过的最大值：更好的值可能还在其外",
    "sweep.edge.lowest": "{key}={value} 是试过的最小值：更好的值可能还在其下",
    "sweep.greater": "越大越好",
    "sweep.highest": "最高",
    "sweep.label.best": "最佳",
    "sweep.edge.try": "可以试",
    "sweep.label.edge": "边界",
    "sweep.label.note": "注意",
    "sweep.label.objective": "目标",
    "sweep.label.rank": "名次",
    "sweep.label.saved": "已保存",
    "sweep.label.report": "报告",
    "sweep.label.sweep": "扫描",
    "sweep.less": "越小越好",
    "sweep.lost": "失掉",
    "sweep.lowest": "最低",
    "sweep.median": "中位数",
    "sweep.minutes": "{minutes} 分 {seconds} 秒",
    "sweep.more": "另有 {count} 个，见 results.csv",
    "sweep.no_objective": "没有：没有一次运行走到那一步",
    "sweep.none": "没有一个设置的中位运行正常结束",
    "sweep.objective": "最终 {name}，{direction}",
    "sweep.overview": "{counts}；{seconds}，每秒 {rate} 次运行",
    "sweep.overview.instant": "{counts}；{seconds}",
    "sweep.problems": "不同问题的目标不能相互比较：各设置只在各自的问题内排名",
    "sweep.runs": "运行",
    "sweep.seconds": "{seconds} 秒",
    "sweep.extended": "{runs}：单独训练到了与本次扫描不同的长度，不参与排名",
    "sweep.status.completed": "完成",
    "sweep.status.diverged": "发散",
    "sweep.status.extended": "延长",
    "sweep.status.failed": "失败",
    "sweep.status.interrupted": "中断",
    "sweep.status.not_started": "未开始",
    "sweep.status.running": "仍在运行",
    "sweep.status.stopped": "提前停止",
    "sweep.within": "{problem}：",
    # What a sweep says before it starts and while it runs.
    "plan.label.sweep": "扫描",
    "plan.label.note": "提示",
    "plan.label.time": "用时",
    "plan.job": "1 个任务",
    "plan.jobs": "{jobs} 个任务",
    "plan.colon": "：",
    "plan.population": "1 个群体，共 {size} 个",
    "plan.populations": "{count} 个群体，每个 {size} 个",
    "plan.alone": "{count} 个单独训练",
    "plan.because.one": "（{keys} 的结构不同）",
    "plan.because.many": "（{keys} 的结构不同）",
    "plan.stays_alone": "{count} 个逐个单独训练，原因：{reason}",
    "plan.skipped": "{of} 个任务中有 {jobs} 个已经完成，不再运行",
    "plan.interrupted": "已中断：尚未训练或绘制的部分不再处理；继续：{command}",
    "plan.invalid": "其中 {count} 个无法训练，将记录为失败",
    "plan.nothing_swept": "没有可扫描的键；请给某个键多个值，例如 optim.lr=0.1,0.5 seed=0..4",
    "plan.launcher": "，由 hydra/launcher={launcher} 逐个训练",
    "plan.failed": "失败：{message}（{jobs}）",
    "plan.repeated.one": "1 个任务与另一个任务相同，将直接复用其结果：{listed}",
    "plan.repeated.many": "{count} 个任务与其他任务相同，将直接复用其结果：{listed}",
    "plan.estimate": "约 {seconds}",
    "plan.progress": "{runs} 次运行  {epochs} 轮  每秒 {rate} 轮  剩余 {left}",
    "plan.drawing": "已画好 {done}/{asked} 次运行的图",
    "plan.picture_failed": "{directory} 的 {kind} 无法绘制：{message}",
    # Labels of pictures.
    "plot.accuracy": "准确率",
    "plot.at_epoch": "，第 {epoch} 轮",
    "plot.best": "最佳，第 {epoch} 轮",
    "plot.class": "类别",
    "plot.classes_of": "{split}，各带类别",
    "plot.count.test": "{count} 个测试样本",
    "plot.count.train": "{count} 个训练样本",
    "plot.count.val": "{count} 个验证样本",
    "plot.font_missing": "plots.font={font}：没有安装这种字体；改用平常的字体",
    "plot.nothing_moves": "没有训练，就没有变化",
    "plot.nothing_to_animate": "只有单个输入的拟合，或平面上的分类，才能做成动画",
    "plot.nothing_to_show": "只有单个输入的拟合才能边训练边显示",
    "plot.compare.by": "按 {keys} 比较学习过程与拟合",
    "plot.compare.by_more": "按 {keys} 等（另有 {more} 项）比较学习过程与拟合",
    "plot.compare.class": "类别 {name}",
    "plot.compare.errors": "学到的值 − 真值",
    "plot.compare.final": "名称旁为最终 {name}",
    "plot.compare.frame": "第 {epoch} 轮",
    "plot.compare.left_out": "拟合只在不超过六组或数据相同时画出",
    "plot.compare.loss.train": "训练损失",
    "plot.compare.loss.val": "验证损失",
    "plot.compare.medians": "各种子的中位数",
    "plot.compare.medians_rest": "对其余一切取中位数",
    "plot.compare.named": "图例列出 {units} 组中的 {named} 组",
    "plot.compare.nothing": "没有轮次：什么也没学",
    "plot.compare.runs": "{runs} 次运行的学习过程与拟合",
    "plot.confusion": "{split}：准确率 {accuracy}",
    "plot.data": "数据",
    "plot.diverged": "发散",
    "plot.ending": "{ending}：{reason}",
    "plot.epoch": "轮次",
    "plot.epochs.many": "{epochs} 轮",
    "plot.epochs.one": "1 轮",
    "plot.feature": "特征 {feature}",
    "plot.final.test": "测试损失 {value}",
    "plot.final.train": "训练损失 {value}",
    "plot.final.val": "验证损失 {value}",
    "plot.frame": "第 {epoch} 轮 · 训练损失 {loss}",
    "plot.frame.diverged": "第 {epoch} 轮发散 · 训练损失 {loss}",
    "plot.frame.kept": "保留最好的第 {epoch} 轮 · 训练损失 {loss}",
    "plot.frame.start": "第 0 轮 · 初始权重 · 训练损失 {loss}",
    "plot.floor": "下限 {value}",
    "plot.leaves": "第 {epoch} 轮离开画面",
    "plot.lack.display": "没有显示器",
    "plot.lack.tkinter": "这个 Python 没有 tkinter",
    "plot.loss": "损失",
    "plot.lr": "学习率",
    "plot.model": "模型",
    "plot.model_left": "模型（超出坐标范围）",
    "plot.model_nan": "模型（不是有限数）",
    "plot.no_epochs": "没有训练：初始权重",
    "plot.no_animation": "没有动画：{reason}",
    "plot.no_characters": "没有安装含这些字的字体：图片用英文标注；"
    "请安装一种，例如 Noto Sans CJK，或用 plots.font 指定",
    "plot.no_penalty": "不含 weight_decay 惩罚项的损失",
    "plot.no_window": "没有窗口：{reason}",
    "plot.path": "按轮次的路径",
    "plot.place.end": "终点",
    "plot.place.solution": "最小二乘",
    "plot.place.start": "起点",
    "plot.place.truth": "真值",
    "plot.predicted": "预测的 {name}",
    "plot.predicted_class": "预测类别",
    "plot.r2": "R²",
    "plot.recall": "召回率：每一类被找到的比例",
    "plot.residual": "残差",
    "plot.residuals_left": "所有残差都超出坐标范围",
    "plot.residuals_nan": "没有一个残差是有限数",
    "plot.samples": "样本：真实 → 预测",
    "plot.some_features": "特征 {first} 至 {last}，共 {features} 个",
    "plot.some_outputs": "{outputs} 个输出中的前 {shown} 个",
    "plot.split.test": "测试数据",
    "plot.split.train": "训练数据",
    "plot.split.val": "验证数据",
    "plot.status.completed": "完成",
    "plot.status.diverged": "发散",
    "plot.status.failed": "失败",
    "plot.status.interrupted": "中断",
    "plot.status.running": "仍在运行",
    "plot.status.stopped": "提前停止",
    "plot.sweep.all_lost": "所有运行都发散或失败",
    "plot.sweep.best": "最佳：中位数 {value}，在 {setting}",
    "plot.sweep.best_run": "最佳：{value}，在 {setting}",
    "plot.sweep.best_each": "各自的最佳设置",
    "plot.sweep.camps": "{good} 次运行不超过 {last}，{rest} 次从 {first} 起",
    "plot.sweep.constant": "常数猜测 {value}",
    "plot.sweep.equal": "预测 = 真实",
    "plot.sweep.first_output": "{outputs} 个输出中的第一个",
    "plot.sweep.fits.alone": "拟合",
    "plot.sweep.fits.every": "全部 {runs} 次运行",
    "plot.sweep.fits.order": "每格：{keys}",
    "plot.sweep.fits.sample": "{runs} 次运行中的 {shown} 次，从最好到最差",
    "plot.sweep.fits.title": "拟合随 {keys} 的变化",
    "plot.sweep.fits.typical": "每个设置的中位运行，{runs} 次中的 {shown} 次",
    "plot.sweep.lost.diverged": "{count} 次发散",
    "plot.sweep.lost.either": "{count} 次发散或失败",
    "plot.sweep.lost.failed": "{count} 次失败",
    "plot.sweep.lost_run.diverged": "发散",
    "plot.sweep.lost_run.either": "发散或失败",
    "plot.sweep.lost_run.failed": "失败",
    "plot.sweep.median": "各种子的中位数",
    "plot.sweep.median_is": "中位数 {value}",
    "plot.sweep.median_rest": "其余各项的中位数",
    "plot.sweep.objective": "最终 {name}",
    "plot.sweep.quartiles": "中间一半",
    "plot.sweep.ranked": "运行，最佳在前",
    "plot.sweep.run": "一次运行",
    "plot.sweep.runs.many": "{runs} 次运行",
    "plot.sweep.runs.one": "1 次运行",
    "plot.sweep.sample": "训练样本",
    "plot.sweep.strip": "一次运行：越靠右越差",
    "plot.sweep.title.one": "一次运行的{objective}",
    "plot.sweep.title.over": "{objective} 随 {keys} 的变化",
    "plot.sweep.title.seeds": "仅种子不同的 {runs} 次运行的{objective}",
    "plot.sweep.truth": "下限 {value}",
    "plot.train": "训练",
    "plot.true": "y",
    "plot.true_class": "真实类别",
    "plot.truth": "真实",
    "plot.val": "验证",
    "plot.validation_data": "验证数据",
    "plot.window": "窗口保持打开，直到您关闭它",
    # What `nnrun --help` prints: at most 80 columns.
    "help.page": """\
nnrun：按配置文件训练、记录、比较小型神经网络

nnrun [组=名称 | 键=值]... [-m] [-q] [Hydra 自己的选项]    训练
nnrun parts [组 [名称]]       有哪些可选，附公式、键和默认值
nnrun list [目录]             训练过什么，最新的在前
nnrun show [运行]             一次运行或扫描：设置、指标、诊断
nnrun compare [运行]...       并排比较多次运行：表格与图片
nnrun plot 运行               重新画出一次运行的图片
nnrun open [运行]             用系统的看图程序打开一次运行的图片
nnrun report [运行]...        把多次运行做成一个可交互的网页
nnrun predict 运行            训练好的网络对样本的预测
nnrun export 运行             导出一次运行，不用 nnrun 也能使用
nnrun resume [运行]           继续被中断的运行或扫描
nnrun rerun 运行 [键=值]...   按已保存的配置重新训练
nnrun trace [键=值]...        一步训练里的全部数字
nnrun grad 表达式 x=1,2       用三种方法求公式的梯度
nnrun new DIR                 新建一个含自定义部件的小项目
nnrun completion [SHELL]      用 Tab 键补全：bash、zsh、fish、PowerShell

用 组=名称 选择：
{groups}
常用设置：seed=0 epochs=100 batch_size=32 val_fraction=0.2 optim.lr=0.1
  model.hidden=20x20 early_stopping.patience=20 name=标题 output=目录

例子：
  nnrun                                                 一条穿过数据点的曲线
  nnrun dataset=function "dataset.expression=sin(3*x)"  x 的任意函数
  nnrun experiment=random_mnist epochs=5                一个教程，改一处
  nnrun -m optim.lr=0.1,0.5 seed=1,2,3                  每一种组合

选项：
  -m                一个键给多个值：每种组合各训练一次
  -q, --quiet       只显示错误
  --cfg job         打印配置而不训练（--resolve：展开插值）
  --config-dir DIR  同时使用 DIR 里您自己的配置文件
  --version         打印版本；--hydra-help：Hydra 自己的选项
每次运行在 outputs/ 下留下一个目录：metrics.csv、summary.json、图片、权重。
""",
    # What `nnrun parts` shows beside names and docstrings.
    "parts.group.dataset": "dataset（数据集）",
    "parts.group.model": "model（模型）",
    "parts.group.loss": "loss（损失函数）",
    "parts.group.optim": "optim（优化器）",
    "parts.group.schedule": "schedule（学习率调度）",
    "parts.group.device": "device（设备）",
    "parts.group.engine": "engine（引擎：怎样求梯度）",
    "parts.group.metric": "metric（指标）",
    "parts.group.plot": "自己的图（plots.own）",
    "parts.group.activation": "activation（激活函数：model.activation）",
    "parts.group.init": "init（初始权重：model.init）",
    "parts.group.experiment": "experiment（完整实验）",
    "parts.loss.auto": "默认：回归用 `mse`，分类用 `cross_entropy`。",
    "parts.wants.int": "整数",
    "parts.wants.float": "数",
    "parts.wants.bool": "true 或 false",
    "parts.wants.str": "文本",
    "parts.wants.Table": "花括号中的键和值，例如 betas:[0.8,0.99]",
    "parts.wants.int.many": "若干整数，例如 20 或 20x20",
    "parts.wants.float.many": "若干数，例如 1,2,3",
    "parts.wants.str.many": "若干文本",
    "parts.wants.choice": "其中之一：{choices}",
    "parts.wants.optional": "{wanted}，或 null",
    "parts.range": "{wanted}，{bounds}",
    "parts.range.and": " 且",
    "parts.range.least": "不小于 {bound:g}",
    "parts.range.above": "大于 {bound:g}",
    "parts.range.below": "小于 {bound:g}",
    # What `nnrun grad` shows.
    "grad.heading.values": "计算步骤",
    "grad.heading.graph": "计算图",
    "grad.heading.chain": "链式法则（从结果往回）",
    "grad.heading.symbols": "梯度的公式",
    "grad.heading.ways": "三种方法求梯度",
    "grad.heading.notes": "说明",
    "grad.without": "{difference}，不含 {places}",
    "grad.without_more": "{difference}，不含 {places} 等另外 {more} 个",
    "grad.way.chain_rule": "链式法则",
    "grad.way.autograd": "自动微分",
    "grad.way.finite_differences": "有限差分",
    "grad.way.largest_difference": "最大差异",
    "grad.too_long": "（太长，不写出来；见上面的链式法则）",
    "grad.as_above": "{name}（同上）",
    "grad.shortened": "{values}（共 {count} 个值）",
    "grad.place.more": "{listed} 以及另外 {count} 处{at}",
    "grad.and": "{first} 且 {second}",
    "grad.kink": "{step}：{name}在 {place} 处不可导；{used}",
    "grad.gives": "{remark}；链式法则在那里给出 {slopes}",
    "grad.slope": "d {out}/d {by} = {value}",
    "grad.no_product": "d {out}/d {by}：{outer} * {factor} 没有值，所以是 nan",
    "grad.used.zero": "取 0",
    "grad.used.half": "两者各得一半梯度",
    "grad.used.whole": "梯度全部归 x",
    "grad.flat": "{step}：{name}在两次跳变之间是平的，所以导数为 0",
    "grad.border": "{step}：where 在 {place} 处切换分支；取选中的那一支",
    "grad.steep": "{step}：{name}在 {place} 处不可导",
    "grad.undefined": "{step}：{name}在 {place} 处没有定义，因此也不可导",
    "grad.undefined.here": "{step}：{name}在这里没有定义，因此也不可导",
    "grad.name.function": "{function} ",
    "grad.name./": "除法",
    "grad.name.^": "幂",
    "grad.name.%": "取余",
    "grad.rounding": "{place}：大小为 {size} 的数相加会有舍入误差，所以有限差分只精确到大约 {limit}",
    "grad.not_finite": "{step} 不是有限数：{value}",
    "grad.differ": "三种方法在 {place} 处不一致：链式法则 {chain_rule}，自动微分 {autograd}，"
    "有限差分 {finite_differences}",
    "grad.not_all_finite": "在 {place} 处，并非每种方法都给出有限的梯度：链式法则 {chain_rule}，"
    "自动微分 {autograd}，有限差分 {finite_differences}",
    "grad.differ.more": "……以及 {name} 的另外 {count} 个元素",
}
