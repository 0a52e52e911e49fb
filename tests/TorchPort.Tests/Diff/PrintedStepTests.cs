namespace NotebookDiff.Tests;

/// <summary>Parsing printed lines as steps, and steps as runs.</summary>
public class PrintedStepTests
{
    [Theory]
    [InlineData("Epoch    3/10 W: 1.064, Cost: 0.019115", 3, 10, "1.064", "0.019115")]
    [InlineData("Epoch 3 / 10, w = -1.5e-05 , LOSS(mse) = nan", 3, 10, "-1.5e-05", "nan")]
    [InlineData("0003 weight 1.064 train_loss 0.02", 3, null, "1.064", "0.02")]
    [InlineData("[3] cost inf W -inf", 3, null, "-inf", "inf")]
    [InlineData("에폭 3/10 가중치 W는 1.064, 비용(cost)은 0.02", 3, 10, "1.064", "0.02")]
    [InlineData("3 W = tensor([1.4000], device='cuda:0', requires_grad=True) cost = tensor(0.7467)", 3, null, "1.4000", "0.7467")]
    [InlineData("Epoch 3 W1: 1.064 Cost: 0.02", 3, null, "1.064", "0.02")]
    [InlineData("Epoch 3 W[0] = 1.064 Cost: 0.02", 3, null, "1.064", "0.02")]
    [InlineData("Epoch 3 W0.353 Cost: 0.02", 3, null, "0.353", "0.02")]
    [InlineData("W: 1.064 Cost: 0.019 after 3/10 epochs", 3, 10, "1.064", "0.019")]
    [InlineData("Epoch 3/10 W: 1.064, gradient: -0.62, Cost: 0.019115", 3, 10, "1.064", "0.019115")]
    [InlineData("Epoch 3/10 Batch 1 W: 1.064, Cost: 0.019115", 3, 10, "1.064", "0.019115")]
    [InlineData("[2024-01-02 10:20] epoch 3 W: 1.064, MSE loss (cost): 0.019115", 3, null, "1.064", "0.019115")]
    [InlineData("3 W: 1.064 Cost: tensor(0.0191, grad_fn=<MeanBackward0>)", 3, null, "1.064", "0.0191")]
    [InlineData("Epoch 3 W: +1.064 Cost: 000.0191", 3, null, "+1.064", "000.0191")]
    [InlineData("Epoch 1,000/2,000 W: 1.064 Cost: 0.02", 1000, 2000, "1.064", "0.02")]
    [InlineData("에포크 3 가중치: 1.064 손실: 0.02", 3, null, "1.064", "0.02")]
    [InlineData("第 3 轮 权重 1.064 损失 0.02", 3, null, "1.064", "0.02")]
    [InlineData("\e[1mEpoch 3\e[0m W: \e[38;5;2m1.064\e[m Cost: \e[31m0.02\e[0m", 3, null, "1.064", "0.02")]
    [InlineData("Epoch 3 W: np.float32(1.064) Cost: np.float64(0.02)", 3, null, "1.064", "0.02")]
    [InlineData("3 W = Parameter containing: tensor([1.0640], requires_grad=True) cost 0.02", 3, null, "1.0640", "0.02")]
    [InlineData("Epoch 3 W: \u22121.064 Cost: 0.02", 3, null, "-1.064", "0.02")]
    [InlineData("Epoch 3 W: 1.064 Cost (x1): 0.02", 3, null, "1.064", "0.02")]
    [InlineData("Epoch 3 W: 1.064 loss over 3 points: 0.02", 3, null, "1.064", "0.02")]
    public void Parses_the_epoch_weight_and_cost(string line, int epoch, int? epochs, string w, string cost)
    {
        var step = PrintedStep.Parse(line)!;

        Assert.Equal((epoch, epochs, w, cost), (step.Epoch, step.Epochs, step.W.Text, step.Cost.Text));
        Assert.False(step.IsOtherModel);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData(null, "Epoch 3/10 Cost: 0.019115")]
    [InlineData(null, "Epoch 3/10 W: 1.064")]
    [InlineData(null, "W: 1.064, Cost: 0.019115")]
    [InlineData(null, "Without 3 epochs the cost is 0.02")]
    [InlineData(null, "Epoch 3/10 W, Cost: 1.064")]
    [InlineData(null, "Epoch 99999999999 W: 1.064, Cost: 0.019115")]
    [InlineData(true, "Epoch 3/10 W0.353m b:0.151 Cost : 14.770963")]
    [InlineData(true, "Epoch 3/10 W: 0.353, bias = 0.151, Cost: 14.770963")]
    [InlineData(true, "Epoch 3/10 w1: 0.353 w2: 0.151 Cost: 14.770963")]
    [InlineData(true, "Epoch 3/10 W: [0.353, 0.151] Cost: 14.770963")]
    [InlineData(true, "Epoch 3/10 W: 0.353 train cost: 14.770963 val cost: 9.9")]
    public void Other_lines_are_not_steps_of_this_model(bool? isOtherModel, string line) =>
        Assert.Equal(isOtherModel, PrintedStep.Parse(line)?.IsOtherModel);

    [Fact]
    public void Non_increasing_epoch_starts_a_run_and_repeated_lines_are_skipped()
    {
        var runs = Runs("ready", Line(0), "-14.0", Line(1), Line(1), Line(0), Line(100), Line(100) + "!", Line(50), Line(50));

        Assert.Equal([[0, 1], [0, 100], [100], [50], [50]], runs.Select(run => run.Steps.Select(step => step.Epoch)));
    }

    [Theory]
    [InlineData("(4, 7)", 0, 1, 2, 3, 8, 9, 10)]
    [InlineData("(3, 4)", 0, 1, 2, 5, 6, 9, 10)]
    [InlineData("(30, 30)", 0, 10, 20, 40, 50, 60)]
    [InlineData("", 0, 3, 6, 9, 10)]
    [InlineData("", 0, 1, 10, 100, 1000)]
    [InlineData("", 0, 1, 2, 3, 4, 10, 20, 30, 40)]
    [InlineData("", 0, 100, 200, 300, 399)]
    public void Gap_in_evenly_spaced_epochs_is_found(string gap, params int[] epochs) =>
        Assert.Equal(gap, $"{Assert.Single(Runs([.. epochs.Select(Line)])).FindGap()}");

    [Theory]
    [InlineData("Epoch 9/10 W: 1 Cost: 0", 10)]
    [InlineData("Epoch 9 W: 1 Cost: 0", 9)]
    [InlineData("Epoch 9/3 W: 1 Cost: 0", 9)]
    public void Epoch_count_is_the_number_after_the_slash_or_the_last_epoch(string line, int epochs) =>
        Assert.Equal(epochs, Assert.Single(Runs(line)).Epochs);

    [Theory]
    [InlineData(true, "0 0.0 4.666666507720947")]
    [InlineData(true, "1 tensor([1.4000], requires_grad=True) tensor(0.7467, grad_fn=<MeanBackward0>)")]
    [InlineData(false, "1 1.400 0.8467")]
    [InlineData(false, "tensor([1, 2, 3])")]
    [InlineData(false, "epoch 1 1.4 cost 0.7467")]
    public void Unnamed_steps_are_recognized_by_their_numbers(bool isStep, string line) =>
        Assert.Equal(isStep, PrintedStep.IsUnnamedStep(line));

    [Theory]
    [InlineData(true, "1.400", 1.4005)]
    [InlineData(false, "1.400", 1.4006)]
    [InlineData(true, "1e-3", 1.5e-3)]
    [InlineData(true, "1.", 1.00007)]
    [InlineData(false, "1.", 1.0001)]
    [InlineData(true, "1000000.0", 1000020)]
    [InlineData(false, "1000000.0", 1000021)]
    [InlineData(true, "inf", 1e19)]
    [InlineData(false, "nan", 1e17)]
    public void Number_is_close_to_values_within_its_precision(bool isClose, string text, double value) =>
        Assert.Equal(isClose, new PrintedNumber(0, text).IsCloseTo(value));

    [Theory]
    [InlineData("Epoch 3/10 W: 1.064, Cost: 0.019 (1.064)", "Epoch 3/10 W: 2, Cost: 3 (1.064)")]
    [InlineData("Cost: 0.019 W: 1.064 at epoch 3", "Cost: 3 W: 2 at epoch 3")]
    public void Replacing_the_numbers_keeps_the_wording(string line, string replaced) =>
        Assert.Equal(replaced, PrintedStep.Parse(line)!.WithNumbers("2", "3"));

    private static string Line(int epoch) => $"Epoch {epoch} W: 1.0 Cost: 0.0";

    private static List<PrintedRun> Runs(params string[] lines) =>
        PrintedRun.FindAll(lines.Select(PrintedStep.Parse).OfType<PrintedStep>());
}
