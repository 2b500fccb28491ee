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
    "run.parameter": "{name} {value}",
    "run.true": "，真值 {value}",
    "run.true_noise": "，真值 {value}：{constant} + 噪声带来的 {noise}",
    "run.diverged": "在第 {epoch} 轮发散：{reason}",
    "run.stopped": "在第 {epoch} 轮停止：{reason}",
    "run.interrupted": "在第 {epoch}/{epochs} 轮中断，已保存",
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
    # What datasets hold.
    "data.curve": "{formula}，[{low:g}, {high:g}] 上的 {samples} 个点",
    "data.given": "给定的 {samples} 个点",
    "data.linear": "{formula}，{samples} 个点，x 服从 N(0, 1)",
    "data.random_images": "{samples} 张 {rows} x {columns} 的随机图片，随机标签 0..{last}",
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
    "plot.nothing_to_show": "只有单个输入的拟合才能边训练边显示",
    "plot.confusion": "{split}：准确率 {accuracy}",
    "plot.data": "数据",
    "plot.diverged": "发散",
    "plot.epoch": "轮次",
    "plot.epochs.many": "{epochs} 轮",
    "plot.epochs.one": "1 轮",
    "plot.feature": "特征 {feature}",
    "plot.final.test": "测试损失 {value}",
    "plot.final.train": "训练损失 {value}",
    "plot.final.val": "验证损失 {value}",
    "plot.frame": "第 {epoch} 轮 · 训练损失 {loss}",
    "plot.frame.start": "第 0 轮 · 初始权重",
    "plot.floor": "下限 {value}",
    "plot.loss": "损失",
    "plot.lr": "学习率",
    "plot.model": "模型",
    "plot.model_left": "模型（超出坐标范围）",
    "plot.model_nan": "模型（不是有限数）",
    "plot.no_epochs": "没有训练：初始权重",
    "plot.no_characters": "没有安装含这些字的字体：图片用英文标注；"
    "请安装一种，例如 Noto Sans CJK，或用 plots.font 指定",
    "plot.no_window": "没有窗口：{reason}",
    "plot.path": "按轮次的路径",
    "plot.place.end": "终点",
    "plot.place.solution": "最小二乘",
    "plot.place.start": "起点",
    "plot.place.truth": "真值",
    "plot.predicted": "预测的 y",
    "plot.predicted_class": "预测类别",
    "plot.r2": "R²",
    "plot.recall": "召回率：每一类被找到的比例",
    "plot.residual": "残差",
    "plot.residuals_left": "所有残差都超出坐标范围",
    "plot.residuals_nan": "没有一个残差是有限数",
    "plot.samples": "样本：真实 → 预测",
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
    "plot.train": "训练",
    "plot.true": "y",
    "plot.true_class": "真实类别",
    "plot.truth": "真实",
    "plot.val": "验证",
    "plot.validation_data": "验证数据",
    "plot.window": "窗口保持打开，直到您关闭它",
}
